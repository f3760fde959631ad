// Where the reader's lines come from. Each source has `length` (lines that can be scrolled through),
// `row(index)`, which is undefined until it was fetched, and `want(first, last)`, which fetches what
// is missing; `changed` is called when there is more to show. Memory does not grow with the text.
//
// A row is a list as the server gives it: number, text, level, time in ms or null, bytes left out.

const WINDOW = 200; // lines asked for at once
const MOST_ROWS = 4000;
const MOST_CHARACTERS = 8_000_000;

export const NUMBER = 0, TEXT = 1, LEVEL = 2, TIME = 3, LEFT_OUT = 4;

// One request at a time; what is wanted meanwhile is asked for when it has ended.
class Fetching {
  changed = () => {};
  failed = () => {};
  #busy = false;

  constructor(ask) {
    this.ask = ask;
  }

  async fetch(params, take) {
    if (this.#busy) return;
    this.#busy = true;
    let again = true;
    try {
      take(await this.ask(params));
    } catch (error) {
      again = false;
      this.failed(error);
    }
    this.#busy = false;
    if (again) this.changed();
  }
}

// Every line of a text.
export class AllLines extends Fetching {
  #rows = new Map();
  #characters = 0;

  constructor(ask, length) {
    super(ask);
    this.length = length;
  }

  row(index) {
    return this.#rows.get(index);
  }

  number(index) {
    return index;
  }

  index(number) {
    return number;
  }

  want(first, last) {
    const end = Math.min(last, this.length - 1);
    let missing = Math.max(first, 0);
    while (missing <= end && this.#rows.has(missing)) missing += 1;
    if (missing > end) return;
    // Above, too, what a reader who scrolls up sees next; a line that is here already ends it.
    let from = missing;
    while (from > 0 && missing - from < WINDOW / 4 && !this.#rows.has(from - 1)) from -= 1;
    this.fetch({ from, count: WINDOW }, (answer) => this.#keep(answer.lines, first));
  }

  #keep(rows, around) {
    for (const row of rows) {
      if (!this.#rows.has(row[NUMBER])) this.#characters += row[TEXT].length;
      this.#rows.set(row[NUMBER], row);
    }
    if (this.#rows.size <= MOST_ROWS && this.#characters <= MOST_CHARACTERS) return;
    const near = this.#characters > MOST_CHARACTERS ? WINDOW : MOST_ROWS / 4;
    for (const [number, row] of this.#rows) {
      if (Math.abs(number - around) <= near) continue;
      this.#rows.delete(number);
      this.#characters -= row[TEXT].length;
    }
  }
}

// Only the lines of some levels, found a little further each time that somebody scrolls down.
export class LinesOfLevels extends Fetching {
  length = 0;
  ended = false;
  looked = 0; // the line up to which it was looked
  #pages = []; // { first: index, from: line, size, rows or null }

  constructor(ask, levels, total) {
    super(ask);
    this.levels = levels;
    this.total = total;
  }

  row(index) {
    const page = this.#page(index);
    return page?.rows?.[index - page.first];
  }

  number(index) {
    return this.row(index)?.[NUMBER] ?? 0;
  }

  // The index at or after a line, as far as it is known.
  index(number) {
    const page = this.#pages.findLast((page) => page.from <= number);
    if (!page) return 0;
    const within = (page.rows ?? []).findIndex((row) => row[NUMBER] >= number);
    return page.first + Math.max(within, 0);
  }

  want(first, last) {
    for (let index = Math.max(first, 0); index <= Math.min(last, this.length - 1); index += 1) {
      const page = this.#page(index);
      if (page.rows) continue;
      const params = { levels: this.levels, from: page.from, count: page.size };
      this.fetch(params, (answer) => this.#again(page, answer.lines));
      return;
    }
    if (last >= this.length - WINDOW / 4 && !this.ended) {
      const params = { levels: this.levels, from: this.looked, count: WINDOW };
      this.fetch(params, (answer) => this.#add(answer));
    }
  }

  #page(index) {
    return this.#pages.findLast((page) => page.first <= index);
  }

  #add({ lines, goesOn }) {
    if (lines.length) {
      const from = this.looked;
      this.#pages.push({ first: this.length, from, size: lines.length, rows: lines });
      this.length += lines.length;
      this.#forget(this.#pages.at(-1));
    }
    this.ended = goesOn === null;
    this.looked = goesOn ?? this.total;
  }

  #again(page, lines) {
    page.rows = lines;
    this.#forget(page);
  }

  #forget(kept) {
    const held = this.#pages.filter((page) => page.rows && page !== kept);
    const far = held.sort((a, b) => Math.abs(b.first - kept.first) - Math.abs(a.first - kept.first));
    for (const page of far.slice(0, Math.max(held.length - 10, 0))) page.rows = null;
  }
}

// The end of a file that still arrives: only what came last can be shown.
export class LastLines {
  length = 0;
  changed = () => {};
  #first = 0;
  #rows = [];

  take(rows) {
    this.#first = rows.length ? rows[0][NUMBER] : 0;
    this.#rows = rows;
    this.length = rows.length;
    this.changed();
  }

  row(index) {
    return this.#rows[index];
  }

  number(index) {
    return this.#first + index;
  }

  index(number) {
    return Math.max(number - this.#first, 0);
  }

  want() {}
}
