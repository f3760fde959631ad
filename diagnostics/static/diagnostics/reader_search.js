// Searching in the reader: hits come while they are found, are marked in the lines and in the margin,
// and are gone through with n and N. What is looked for stands in the address behind the #, which
// no server sees: #L120&q=relay&re=1

import { HitList } from "./reader_hits.js";

const NAME = "dx-hit"; // of marks, in the lines and in the margin
const OPTIONS = { pattern: "q", regex: "re", case: "case", levels: "levels", since: "since", until: "until" };

class Search {
  #stop = null;
  #index = null; // of the hit that was gone to

  constructor(reader, form, pane) {
    this.reader = reader;
    this.form = form;
    this.list = new HitList(pane, reader.words, (index) => this.goTo(index));
    this.button = (name) => form.querySelector(`[data-${name}]`);
    this.#forget();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
      reader.view.element.focus({ preventScroll: true });
    });
    this.button("cancel").addEventListener("click", () => this.#stop?.abort());
    this.button("next").addEventListener("click", () => this.next());
    this.button("previous").addEventListener("click", () => this.next(true));
    pane.querySelector("[data-close]").addEventListener("click", () => this.clear());
    reader.onKey("/", () => this.#ask(), reader.words("key-search"));
    reader.onKey("n", () => this.next(), reader.words("key-next-hit"));
    reader.onKey("N", () => this.next(true), reader.words("key-previous-hit"));
    reader.onKey("l", () => this.list.toggle(), reader.words("key-hit-list"));
    reader.onRender((item) => this.#drawn(item));
  }

  #ask() {
    this.form.elements.pattern.focus();
    this.form.elements.pattern.select();
  }

  #forget() {
    this.hits = []; // lists: line, column, text, spans
    this.marks = []; // lines that were only counted
    this.told = null; // what the server said last
    this.#index = null;
  }

  clear() {
    this.#stop?.abort();
    this.#forget();
    this.from = 0;
    this.form.reset();
    this.list.close();
    this.#mark();
    this.#tell();
    this.reader.setBehind("");
  }

  // Searches from a line on; `goes` to the first hit, unless the address named a line.
  async start({ from = 0, goes = true } = {}) {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.#forget();
    this.from = from;
    this.list.clear();
    this.#mark();
    this.reader.say("");
    this.reader.setBehind(this.#behind());
    this.#busy(true);
    try {
      await this.#listen(stop.signal, goes);
    } catch (error) {
      if (stop.signal.aborted && this.#stop !== stop) return; // another search has begun
      if (!stop.signal.aborted) this.reader.say(error.message);
      this.told = { ...(this.told ?? { found: 0, done: 0, size: 1 }), ended: stop.signal.aborted ? "Canceled" : "Failed" };
    }
    this.#stop = null;
    this.#busy(false);
    this.#tell();
  }

  async #listen(signal, goes) {
    const { search, opening, encoding } = { ...this.reader.element.dataset, search: this.form.action };
    const body = new FormData(this.form);
    for (const [name, value] of Object.entries({ line: this.from, member: this.reader.member, opening, encoding })) {
      body.set(name, value ?? "");
    }
    const response = await fetch(search, { method: "POST", body, signal, headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (response.redirected || response.status === 403) location.reload(); // logged out, or open for a day
    if ([400, 409].includes(response.status)) throw new Error((await response.json()).problem);
    if (!response.ok) throw new Error(`${this.reader.words("unreachable")} (${response.status})`);
    for await (const line of linesOf(response.body)) this.#take(JSON.parse(line), goes);
  }

  #take(told, goes) {
    if (told.problem) throw new Error(told.problem);
    const first = !this.hits.length;
    this.told = told;
    this.hits.push(...(told.hits ?? []));
    this.marks.push(...(told.marks ?? []));
    this.list.add(told.hits ?? []);
    this.#mark();
    this.#tell();
    if (goes && first && this.hits.length) this.goTo(this.#nearest(false) ?? 0);
  }

  get more() {
    return this.told !== null && this.told.found > this.hits.length;
  }

  next(back = false) {
    if (!this.hits.length) return;
    const index = this.#index === null ? this.#nearest(back) : this.#index + (back ? -1 : 1);
    if (index !== null && index >= 0 && index < this.hits.length) return this.goTo(index);
    if (!back && this.more && !this.#stop) return this.start({ from: this.hits.at(-1)[0] + 1 });
    if (this.#stop) return; // there may be more to come
    if (this.from) return this.start();
    this.goTo(back ? this.hits.length - 1 : 0);
    this.list.note(this.reader.words("hits-again"));
  }

  // The next hit at or after the line that is shown, or the last one before it.
  #nearest(back) {
    const { line } = this.reader;
    const found = back ? this.hits.findLastIndex((hit) => hit[0] <= line) : this.hits.findIndex((hit) => hit[0] >= line);
    return found < 0 ? null : found;
  }

  goTo(index) {
    this.#index = index;
    this.reveals = true;
    this.list.choose(index);
    this.reader.goToLine(this.hits[index][0]);
    this.#tell();
  }

  // Scrolls sideways to the hit that was gone to, where its line does not wrap.
  #drawn(item) {
    if (!this.reveals || this.#index === null || item.number !== this.hits[this.#index]?.[0] || !item.row) return;
    this.reveals = false;
    const { element } = this.reader.view;
    const mark = item.querySelector(`mark.${NAME}`);
    if (!mark) return;
    const [from, to] = [mark.offsetLeft, mark.offsetLeft + mark.offsetWidth];
    if (from < element.scrollLeft || to > element.scrollLeft + element.clientWidth) {
      element.scrollLeft = Math.max(from - element.clientWidth / 3, 0);
    }
  }

  #busy(is) {
    this.button("start").hidden = is;
    this.button("cancel").hidden = !is;
  }

  #mark() {
    const { reader, hits } = this;
    for (const name of ["next", "previous"]) this.button(name).disabled = !hits.length;
    const ranges = hits.flatMap(([line, column, , spans]) => spans.map(([start, end]) => ({ line, start: column + start, end: column + end })));
    reader.highlight(NAME, ranges);
    reader.setMarks(NAME, [...hits.map(([line]) => line), ...this.marks]);
  }

  #tell() {
    if (this.told) this.list.say(this.#words(), this.told, Boolean(this.#stop));
  }

  #words() {
    const { told, hits } = this;
    const word = this.reader.words;
    const part = Math.floor((100 * told.done) / Math.max(told.size, 1));
    const count = told.found.toLocaleString();
    const parts = [];
    if (this.#index !== null) parts.push(word("hits-at", { index: (this.#index + 1).toLocaleString(), count: hits.length.toLocaleString() }));
    if (told.seconds === undefined) parts.push(word("hits-so-far", { count })); // it runs, or broke off
    else if (!told.found) parts.push(word("hits-none"));
    else parts.push(word("hits", { count, seconds: told.seconds.toLocaleString() }));
    if (this.from) parts.push(word("hits-from", { line: (this.from + 1).toLocaleString() }));
    if (this.more) parts.push(word("hits-listed", { listed: hits.length.toLocaleString() }));
    if (told.ended === "Hits") parts.push(word("hits-many", { count }));
    if (told.ended === "Time") parts.push(word("hits-time", { part }));
    if (told.ended === "Canceled") parts.push(word("hits-canceled", { part }));
    return parts.join("; ");
  }

  #behind() {
    const query = new URLSearchParams();
    for (const [name, short] of Object.entries(OPTIONS)) {
      const field = this.form.elements[name];
      const value = field?.type === "checkbox" ? (field.checked ? "1" : "") : field?.value;
      if (value) query.set(short, value);
    }
    return query.toString();
  }

  // What an address asks for, once.
  open() {
    const query = new URLSearchParams(location.hash.slice(1));
    if (!query.has("q") && !query.has("levels")) return;
    for (const [name, short] of Object.entries(OPTIONS)) {
      const field = this.form.elements[name];
      if (field?.type === "checkbox") field.checked = query.has(short);
      else if (field) field.value = query.get(short) ?? "";
    }
    this.start({ goes: !/^#L\d/.test(location.hash) });
  }
}

async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}

function wire(reader) {
  const form = reader.element.querySelector("form[data-search]");
  if (form) new Search(reader, form, reader.element.querySelector("[data-hits]")).open();
}

const element = document.querySelector("[data-reader]");

if (element?.reader) wire(element.reader);
else element?.addEventListener("dx:reader", () => wire(element.reader));
