// Keeps the rows of a list true in place; new rows are announced above it, and nothing jumps.

import { refreshTimes } from "./ago.js";
import { fetchText, follow, gathered } from "./line.js";

const list = document.querySelector("[data-list]");

if (list) {
  const cells = () => [...document.querySelectorAll("[data-row]")];
  const shown = () => [...new Set(cells().map((cell) => Number(cell.dataset.row)))];
  const newest = Math.max(Number(list.dataset.newest ?? 0), ...shown());
  const query = new URLSearchParams(location.search);
  const positioned = query.has("id__lt") || query.has("after");

  const refresh = gathered(async (ids) => {
    const wanted = ids ? shown().filter((id) => ids.includes(id)) : shown();
    if (!positioned && ids?.some((id) => id > newest)) {
      list.querySelector("[data-new]").hidden = false;
    }
    if (!wanted.length) return;
    const text = await fetchText(`${list.dataset.rows}?ids=${wanted.join(",")}`);
    const { rows } = JSON.parse(text);
    for (const cell of cells()) {
      const html = rows[cell.dataset.row]?.[cell.dataset.cell];
      if (html === undefined || cell.fetched === html) continue;
      cell.fetched = html;
      if (!cell.contains(document.activeElement)) cell.innerHTML = html;
    }
    refreshTimes();
  }, 700);

  follow({
    path: list.dataset.socket,
    kind: list.dataset.kind,
    ids: "all",
    changed: refresh,
    lost: (is) => (list.querySelector("[data-lost]").hidden = !is),
  });
}
