// The log reader: one text of any size. Other modules build on it through the element:
//
//   const element = document.querySelector("[data-reader]");
//   element.reader ?? element.addEventListener("dx:reader", …)   // when it is ready
//
// reader.goToLine(number)        shows a line and makes it the current one; lines count from 0
// reader.line                    the current line, or the first one shown
// reader.highlight(name, hits)   marks [{ line, start, end }, …] (characters of the line's text) with
//                                the class `name`; replaces what was marked under that name
// reader.setMarks(name, lines)   marks lines in the margin
// reader.onRender(hook)          hook(item, row) for each line drawn; a row is a list, see reader_lines
// reader.onKey(key, action, text)
// reader.setBehind(text)        what stands behind the line in the address: #L12&text
// reader.ask(params)             lines of the server, see admin/log_reader.py
// reader.total, reader.member    how many lines there are; the number of the member, or ""

import { AllLines, LastLines, LinesOfLevels, TIME } from "./reader_lines.js";
import { Keys } from "./reader_keys.js";
import { Margin } from "./reader_margin.js";
import { View } from "./reader_view.js";

const WRAP = "diagnostics.wrap"; // remembered for the next file

function wordsOf(element) {
  const texts = new Map();
  for (const word of element.querySelectorAll("[data-word]")) texts.set(word.dataset.word, word.textContent);
  return (name, values = {}) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), texts.get(name) ?? "");
}

class Reader {
  #marks = new Map();
  #behind = behindHash();

  constructor(element) {
    this.element = element;
    this.words = wordsOf(element);
    this.total = Number(element.dataset.total ?? 0);
    this.member = element.dataset.member ?? "";
    this.view = new View(element.querySelector(".dx-view"), this.words);
    this.margin = new Margin(element.querySelector(".dx-margin"), (part) => this.#goToPart(part));
    this.keys = new Keys(element.querySelector("dialog"));
    this.problem = element.querySelector("[data-problem]");
    this.status = element.querySelector("[data-status]");
    this.view.moved = () => this.#tell();
  }

  ask = async (params) => {
    const { lines, opening, encoding } = this.element.dataset;
    const query = new URLSearchParams({ opening, member: this.member, ...params });
    if (encoding) query.set("encoding", encoding);
    const response = await fetch(`${lines}?${query}`, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (response.redirected || response.status === 403) location.reload(); // logged out, or open for a day
    if (!response.ok && response.status !== 409) throw new Error(`${this.words("unreachable")} (${response.status})`);
    const answer = await response.json();
    if (answer.problem) throw new Error(answer.problem);
    this.say("");
    return answer;
  };

  say(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  get line() {
    return this.current ?? this.view.source?.number(Math.floor(this.view.top)) ?? 0;
  }

  // The line that was gone to, while it can be seen.
  get current() {
    const { view } = this;
    if (view.current === null || !view.source) return null;
    const index = view.source.index(view.current);
    return index >= Math.floor(view.top) && index <= view.last ? view.current : null;
  }

  show(source, index) {
    source.failed = (error) => {
      this.say(error.message);
      setTimeout(() => source.changed(), 5000);
    };
    this.view.show(source, index);
  }

  showAll(line = 0) {
    this.levels.value = "";
    if (!(this.view.source instanceof AllLines)) this.show(this.all, line);
  }

  goToLine(number) {
    this.showAll();
    this.view.current = Math.min(Math.max(number, 0), this.total - 1);
    this.view.goTo(this.view.current, { around: true });
    this.#putAddress(`L${this.view.current + 1}`);
  }

  goToBeginning() {
    this.view.current = null;
    this.view.goTo(0);
  }

  goToEnd() {
    this.view.current = null;
    this.view.goToEnd();
  }

  // One line up or down.
  step(by) {
    const { view } = this;
    const { current } = this;
    const at = current === null ? Math.floor(view.top) - (by > 0 ? 1 : 0) : view.source.index(current);
    const index = Math.min(Math.max(at + by, 0), view.source.length - 1);
    view.current = view.source.number(index);
    view.reveal(index);
  }

  async goToLevel(levels, back) {
    const start = this.line;
    let params = back ? { levels, before: start } : { levels, from: start + (this.current === null ? 0 : 1), count: 1 };
    try {
      for (;;) {
        const { lines, goesOn } = await this.ask(params);
        if (lines.length) return this.goToLine(lines[0][0]);
        if (goesOn === null) return this.say(this.words("no-more"));
        params = back ? { ...params, before: goesOn } : { ...params, from: goesOn };
      }
    } catch (error) {
      this.say(error.message);
    }
  }

  async goToPlace(wanted) {
    if (/^[\s\d.,']+$/.test(wanted) && /\d/.test(wanted)) return this.goToLine(Number(wanted.replace(/\D/g, "")) - 1);
    try {
      const { line } = await this.ask({ at: wanted, near: this.line });
      this.goToLine(line);
    } catch (error) {
      this.say(error.message);
    }
  }

  highlight(name, hits) {
    const { ranges } = this.view;
    for (const [line, found] of ranges) {
      const others = found.filter(([, , other]) => other !== name);
      if (others.length === found.length) continue;
      if (others.length) ranges.set(line, others);
      else ranges.delete(line);
    }
    for (const { line, start, end } of hits) {
      const found = [...(ranges.get(line) ?? []), [start, end, name]];
      ranges.set(line, found.sort((a, b) => a[0] - b[0]));
    }
    this.view.draw();
  }

  setMarks(name, lines) {
    this.#marks.set(name, lines);
    this.margin.draw(this.#marks, this.total);
  }

  onRender(hook) {
    this.view.hooks.push(hook);
    for (const item of this.view.list.children) hook(item, item.row);
  }

  onKey(key, action, text) {
    this.keys.add(key, action, text);
  }

  setBehind(text) {
    this.#behind = text;
    this.#putAddress(fromHash() === null ? "" : `L${fromHash() + 1}`);
  }

  #address(place) {
    return `#${[place, this.#behind].filter(Boolean).join("&")}`;
  }

  #putAddress(place) {
    history.replaceState(null, "", this.#address(place));
  }

  async copyLink() {
    const link = new URL(this.#address(`L${this.line + 1}`), location.href);
    await navigator.clipboard.writeText(link.href);
    this.say(this.words("copied", { line: (this.line + 1).toLocaleString() }));
    setTimeout(() => this.say(""), 3000);
  }

  wrap(wraps) {
    this.view.wraps = wraps;
    document.body.classList.toggle("dx-wrapped", wraps);
    localStorage.setItem(WRAP, wraps ? "yes" : "no");
    this.view.goTo(Math.floor(this.view.top));
  }

  filter(levels) {
    const line = this.line;
    this.view.current = null;
    if (levels) this.show(new LinesOfLevels(this.ask, levels, this.total));
    else this.show(this.all, line);
  }

  #goToPart(part) {
    this.goToLine(Math.round(part * (this.total - 1)));
  }

  #tell() {
    const { source } = this.view;
    const row = source.row(source.index(this.line));
    const line = (this.line + 1).toLocaleString();
    const total = (this.total || source.number(source.length)).toLocaleString();
    let text = this.words("place", { line, total });
    if (source instanceof LinesOfLevels) {
      const part = Math.floor((100 * source.looked) / Math.max(this.total, 1));
      const name = source.ended ? "found" : "found-so-far";
      text = this.words(source.ended && !source.length ? "none" : name, { count: source.length.toLocaleString(), part });
    }
    const time = row?.[TIME];
    this.status.textContent = time == null ? text : `${text} · ${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
    this.status.title = time == null ? "" : new Date(time).toLocaleString();
  }
}

// What other modules put behind the line in the address: the "q=relay" of #L12&q=relay.
function behindHash() {
  return location.hash.slice(1).split("&").filter((part) => part.includes("=")).join("&");
}

function fromHash() {
  const found = /^#L(\d+)(?:&|$)/.exec(location.hash);
  return found ? Number(found[1]) - 1 : null;
}

function wire(reader) {
  const { element } = reader;
  const box = element.querySelector("#dx-wrap");
  box.checked = localStorage.getItem(WRAP) === "yes";
  box.addEventListener("change", () => reader.wrap(box.checked));
  element.querySelector("[data-end]").addEventListener("click", () => reader.goToEnd());
  element.querySelector("[data-help]").addEventListener("click", () => reader.keys.help());
  const word = reader.words;
  reader.onKey("j", () => reader.step(1), word("key-down"));
  reader.onKey("k", () => reader.step(-1), word("key-up"));
  reader.onKey("g", () => reader.goToBeginning(), word("key-first"));
  reader.onKey("G", () => reader.goToEnd(), word("key-last"));
  reader.onKey("w", () => box.click(), word("key-wrap"));
  reader.onKey("?", () => reader.keys.help(), word("key-help"));
}

// What a file can do that is here, and one that still arrives cannot.
function wireWhole(reader) {
  const { element, words: word } = reader;
  reader.levels = element.querySelector("#dx-levels");
  reader.levels.addEventListener("change", () => reader.filter(reader.levels.value));
  const place = element.querySelector("[data-go]");
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    reader.goToPlace(place.elements[0].value);
    reader.view.element.focus();
  });
  reader.view.list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    reader.goToLine(link.parentElement.number);
  });
  addEventListener("hashchange", () => fromHash() !== null && reader.goToLine(fromHash()));
  reader.onKey(":", () => place.elements[0].focus(), word("key-place"));
  reader.onKey("e", () => reader.goToLevel("E", false), word("key-error"));
  reader.onKey("E", () => reader.goToLevel("E", true), word("key-error-back"));
  if (navigator.clipboard) reader.onKey("c", () => reader.copyLink(), word("key-copy"));
}

const element = document.querySelector("[data-reader]");

if (element) {
  const reader = new Reader(element);
  const isHere = "lines" in element.dataset;
  reader.all = isHere ? new AllLines(reader.ask, reader.total) : new LastLines();
  wire(reader);
  if (isHere) wireWhole(reader);
  reader.view.wraps = element.querySelector("#dx-wrap").checked;
  document.body.classList.toggle("dx-wrapped", reader.view.wraps);
  reader.show(reader.all);
  if (location.hash === "#end") reader.goToEnd();
  else if (fromHash() !== null) reader.goToLine(fromHash());
  reader.view.element.focus({ preventScroll: true });
  element.reader = reader;
  element.dispatchEvent(new Event("dx:reader"));
}
