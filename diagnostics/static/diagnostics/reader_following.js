// Shows the end of a file while it arrives, and goes to the file when all of it is here.

import { fetchText } from "./line.js";

const EVERY = 2000; // ms: as often as whoever receives the file tells how it ends
const MOST_LINES = 20_000;

const page = document.querySelector("[data-following]");

function start(reader) {
  const bar = page.querySelector("progress");
  let rows = [];

  function take(lines) {
    if (!lines.length) return;
    const first = lines[0][0];
    // What came last may have been the beginning of a line only: it is there again, as it is now.
    const before = rows.filter((row) => row[0] < first);
    const continues = before.length && before.at(-1)[0] === first - 1;
    rows = continues ? [...before, ...lines].slice(-MOST_LINES) : lines;
    const ends = reader.view.sticks || !reader.all.length;
    reader.all.take(rows);
    if (ends) reader.goToEnd();
  }

  function tell({ sentence, received, size }) {
    page.querySelector("[data-sentence]").textContent = sentence;
    page.querySelector("[data-received]").textContent =
      received === null ? "" : `${received.toLocaleString()}${size ? ` / ${size.toLocaleString()}` : ""} B`;
    if (size) [bar.max, bar.value] = [size, received ?? 0];
    else bar.removeAttribute("value");
    bar.hidden = received === null;
  }

  async function look() {
    try {
      const from = rows.length ? rows.at(-1)[0] : 0;
      const state = JSON.parse(await fetchText(`${page.dataset.following}?from=${from}`));
      if (state.arrived) return location.replace(state.arrived);
      reader.say(state.problem ?? "");
      if (!state.problem) tell(state);
      take(state.lines);
    } catch {
      reader.say(reader.words("unreachable"));
    }
    setTimeout(look, EVERY);
  }

  look();
}

if (page?.reader) start(page.reader);
else page?.addEventListener("dx:reader", () => start(page.reader));
