// Shows the part of a long list of lines that fits the window, and scrolls through the rest.
//
// `top` is the truth: the index of the first line shown, with a fraction. The scroll bar follows it.
// Browsers have no elements of a billion pixels: in a longer text a move of the bar that is small
// moves so many pixels of text, and a large one goes to that part of the text.

import { LEFT_OUT, LEVEL, NUMBER, TEXT } from "./reader_lines.js";

const TALLEST = 8_000_000; // pixels
const IDLE = 200; // ms without scrolling after which the bar is put where it belongs
const TONES = { E: "dx-bad", W: "dx-warn" };

export class View {
  top = 0;
  wraps = false;
  sticks = false; // to the end, also when more comes
  current = null; // the number of the line that was gone to
  ranges = new Map(); // number of a line -> [[start, end, name], …] in characters, to be marked
  hooks = [];
  moved = () => {};
  #items = [];
  #placed = 0; // where the bar was put, or was seen last
  #idle = null;
  #frame = null;
  #widest = 0;

  constructor(element, words) {
    this.element = element;
    this.words = words;
    this.space = element.querySelector(".dx-space");
    this.list = element.querySelector(".dx-lines");
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(element);
  }

  show(source, index = 0) {
    this.source = source;
    source.changed = () => this.draw();
    this.#widest = 0;
    this.space.style.minWidth = "";
    this.goTo(index);
  }

  // Lines that fit, at least.
  get page() {
    return Math.max(Math.floor(this.element.clientHeight / this.#height), 1);
  }

  get last() {
    return Math.min(Math.ceil(this.top + this.page), this.source.length) - 1;
  }

  // Puts a line at the top, or where it is seen with some lines around it.
  goTo(index, { around = false } = {}) {
    this.sticks = false;
    this.top = this.#bounded(around ? index - Math.floor(this.page / 3) : index);
    this.#place();
    this.draw();
  }

  // Scrolls only as far as it takes to see the line.
  reveal(index) {
    if (index < this.top) this.goTo(index);
    else if (index > this.top + this.page - 2) this.goTo(index - this.page + 2);
    else this.draw();
  }

  goToEnd() {
    this.sticks = true;
    this.draw();
  }

  // Draws in the next frame, however often it is called until then.
  draw() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.source) this.#draw();
    });
  }

  #draw() {
    const { source, element } = this;
    this.space.style.height = `${this.#tall}px`;
    this.list.style.height = `${element.clientHeight}px`;
    if (this.sticks) this.top = source.length - (this.wraps ? this.page : 0);
    this.top = this.#bounded(this.top);
    this.#fill();
    if (this.sticks && this.wraps) this.#showEnd();
    this.#shift();
    if (this.sticks) this.#place();
    const first = Math.floor(this.top);
    source.want(first - 20, first + this.#items.length + 20);
    this.#keepWidth();
    this.moved();
  }

  #fill() {
    const first = Math.floor(this.top);
    const count = Math.max(Math.min(this.page + 3, this.source.length - first), 0);
    while (this.#items.length > count) this.#items.pop().remove();
    while (this.#items.length < count) this.#items.push(this.list.appendChild(newItem()));
    this.#items.forEach((item, place) => this.#fillItem(item, first + place));
  }

  #fillItem(item, index) {
    const row = this.source.row(index);
    const number = row ? row[NUMBER] : this.source.number(index);
    const ranges = this.ranges.get(number);
    item.classList.toggle("dx-current", number === this.current);
    if (item.row === row && item.number === number && item.ranges === ranges) return;
    Object.assign(item, { row, number, ranges });
    const [link, letter, code] = item.children;
    link.textContent = number + 1;
    link.href = `#L${number + 1}`;
    letter.textContent = row?.[LEVEL] ?? "";
    item.className = TONES[row?.[LEVEL]] ?? "";
    item.classList.toggle("dx-current", number === this.current);
    item.classList.toggle("dx-coming", !row);
    code.replaceChildren(...(row ? marked(row[TEXT], ranges) : ["…"]));
    if (row?.[LEFT_OUT]) code.append(this.#leftOut(row[LEFT_OUT]));
    for (const hook of this.hooks) hook(item, row);
  }

  #leftOut(octets) {
    const note = document.createElement("small");
    note.textContent = ` … ${this.words("left-out", { count: octets.toLocaleString() })}`;
    return note;
  }

  // Lines that wrap have heights of their own: leave out so many at the top that the last one ends
  // where the window does.
  #showEnd() {
    const heights = this.#items.map((item) => item.getBoundingClientRect().height);
    let over = heights.reduce((sum, height) => sum + height, 0) - this.element.clientHeight;
    let dropped = 0;
    while (over > 0 && dropped < heights.length - 1 && heights[dropped] <= over) {
      over -= heights[dropped];
      dropped += 1;
    }
    this.top = Math.floor(this.top) + dropped + (over > 0 ? over / heights[dropped] : 0);
    this.#fill();
  }

  #shift() {
    const fraction = this.top % 1;
    const height = this.wraps && fraction ? this.#items[0]?.getBoundingClientRect().height : 0;
    this.list.style.transform = `translateY(${-fraction * (height || this.#height)}px)`;
  }

  // Lines of different lengths come and go: the bar for scrolling sideways must not jump with them.
  #keepWidth() {
    const width = this.wraps ? 0 : Math.max(this.#widest, this.list.scrollWidth);
    if (width !== this.#widest) {
      this.#widest = width;
      this.space.style.minWidth = width ? `${width}px` : "";
    }
  }

  get #height() {
    return parseFloat(getComputedStyle(this.list).lineHeight) || 18;
  }

  get #farthest() {
    const whole = this.source.length;
    return Math.max(this.wraps ? whole - 1 : whole - this.element.clientHeight / this.#height, 0);
  }

  get #tall() {
    const { clientHeight } = this.element;
    const small = this.source.length <= this.page && !this.wraps;
    return small ? clientHeight : Math.min(this.#farthest * this.#height + clientHeight, TALLEST);
  }

  get #isLong() {
    return this.#farthest * this.#height + this.element.clientHeight > TALLEST;
  }

  #bounded(index) {
    return Math.min(Math.max(index, 0), this.#farthest);
  }

  #scrolled() {
    const now = this.element.scrollTop;
    const by = now - this.#placed;
    if (!by) return; // sideways, or put there by ourselves
    this.#placed = now;
    this.sticks = false;
    const whole = this.#tall - this.element.clientHeight;
    if (!this.#isLong) this.top = now / this.#height;
    else if (Math.abs(by) < 3 * this.element.clientHeight) this.top += by / this.#height;
    else this.top = (now / whole) * this.#farthest;
    this.draw();
    clearTimeout(this.#idle);
    if (this.#isLong) this.#idle = setTimeout(() => this.#place(), IDLE);
  }

  // Puts the bar where `top` is.
  #place() {
    const { element } = this;
    this.space.style.height = `${this.#tall}px`;
    const whole = this.#tall - element.clientHeight;
    const part = this.#isLong ? (this.top / this.#farthest) * whole : this.top * this.#height;
    element.scrollTop = part;
    this.#placed = element.scrollTop;
  }
}

function newItem() {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.tabIndex = -1;
  item.append(link, document.createElement("b"), document.createElement("code"));
  return item;
}

// Text, with marks around the ranges. Nothing of a file ever becomes markup.
function marked(text, ranges) {
  if (!ranges) return [text];
  const parts = [];
  let end = 0;
  for (const [from, to, name] of ranges) {
    if (from < end) continue;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    if (name) mark.className = name;
    parts.push(text.slice(end, from), mark);
    end = to;
  }
  return [...parts, text.slice(end)];
}
