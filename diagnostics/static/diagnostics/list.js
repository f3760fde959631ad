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

  function announce(id) {
    if (!positioned && id > newest) list.querySelector("[data-new]").hidden = false;
  }

  const refresh = gathered(async (ids) => {
    const wanted = ids ? shown().filter((id) => ids.includes(id)) : shown();
    announce(Math.max(0, ...(ids ?? [])));
    if (ids && !wanted.length) return;
    const text = await fetchText(`${list.dataset.rows}?ids=${wanted.join(",")}`);
    const { rows, newest: last } = JSON.parse(text);
    announce(last); // what came while the line was not up
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
