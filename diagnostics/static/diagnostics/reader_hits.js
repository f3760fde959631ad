// The list of hits below the lines, and what is said of the search.

const SHOWN = 200; // hits put into the page at once

export class HitList {
  #hits = [];
  #shown = 0;

  constructor(pane, words, goTo) {
    this.pane = pane;
    this.words = words;
    this.list = pane.querySelector("ol");
    this.count = pane.querySelector("[data-count]");
    this.bar = pane.querySelector("progress");
    this.button = pane.querySelector("[data-toggle]");
    this.button.addEventListener("click", () => this.toggle());
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      if (link.dataset.more) this.#showMore();
      else goTo(Number(link.dataset.index));
    });
    if (innerHeight < 700) this.toggle();
  }

  toggle() {
    this.list.hidden = !this.list.hidden;
    this.button.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  clear() {
    this.#hits = [];
    this.#shown = 0;
    this.list.replaceChildren();
    this.count.textContent = "";
    this.pane.hidden = false;
  }

  close() {
    this.clear();
    this.pane.hidden = true;
  }

  add(hits) {
    this.#hits.push(...hits);
    if (this.#shown < SHOWN) this.#showMore(SHOWN - this.#shown);
    else this.#offerMore();
  }

  choose(index) {
    while (this.#shown <= index) this.#showMore();
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = this.list.children[index].firstChild;
    item.setAttribute("aria-current", "true");
    const [above, below] = [item.offsetTop - this.list.scrollTop, item.offsetTop + item.offsetHeight];
    if (above < 0) this.list.scrollTop = item.offsetTop;
    else if (below > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = below - this.list.clientHeight;
  }

  say(text, { done, size }, busy) {
    this.count.textContent = text;
    this.bar.hidden = !busy;
    this.bar.max = Math.max(size, 1);
    this.bar.value = done;
  }

  note(text) {
    this.count.textContent += `; ${text}`;
  }

  #showMore(count = SHOWN) {
    this.list.querySelector("[data-more]")?.parentElement.remove();
    const end = Math.min(this.#shown + count, this.#hits.length);
    const items = [];
    for (let index = this.#shown; index < end; index += 1) items.push(itemOf(this.#hits[index], index));
    this.list.append(...items);
    this.#shown = end;
    this.#offerMore();
  }

  #offerMore() {
    if (this.#shown >= this.#hits.length || this.list.querySelector("[data-more]")) return;
    const link = Object.assign(document.createElement("a"), { href: "#", textContent: this.words("hits-show") });
    link.dataset.more = "yes";
    const item = document.createElement("li");
    item.append(link);
    this.list.append(item);
  }
}

// Nothing of a log ever becomes markup.
function itemOf([line, column, text, spans], index) {
  const [item, link] = [document.createElement("li"), document.createElement("a")];
  const [number, code] = [document.createElement("span"), document.createElement("code")];
  link.href = `#L${line + 1}`;
  link.dataset.index = index;
  number.className = "dx-number";
  number.textContent = line + 1;
  let past = 0;
  if (column) code.append("… ");
  for (const [start, end] of spans) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    code.append(text.slice(past, start), mark);
    past = end;
  }
  code.append(text.slice(past));
  link.append(number, code);
  item.append(link);
  return item;
}
