// A file that is still being examined: shows how far that is, and opens the file when it is done.

import { fetchText, follow, gathered } from "./line.js";

const page = document.querySelector("[data-waiting]");

if (page) {
  const bar = page.querySelector("progress");
  const words = page.querySelector("[data-sentence]");

  const look = gathered(async () => {
    const state = JSON.parse(await fetchText(page.dataset.state));
    if (state.examination !== page.dataset.examination && state.examination !== "Running") location.reload();
    words.textContent = state.sentence;
    bar.max = Math.max(state.size, 1);
    if (state.examination === "Running") bar.value = state.done;
  });

  follow({
    path: page.dataset.socket,
    kind: "logrequest",
    ids: [Number(page.dataset.id)],
    changed: look,
    lost: () => {},
  });
  setInterval(() => look(null), 5000); // an announcement may be lost
}
