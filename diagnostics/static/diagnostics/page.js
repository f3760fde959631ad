// Keeps one row's page true: fetches it when the row changed, and puts in only the parts that did.
// What is open or checked stays so, and the focus stays where it was.

import { refreshTimes } from "./ago.js";
import { fetchText, follow, gathered } from "./line.js";

const page = document.querySelector("[data-live]");

if (page) {
  const parts = page.querySelector("[data-parts]");
  const texts = new Map();

  function replace(part, fresh) {
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    for (const open of part.querySelectorAll("details[open][id]")) {
      const again = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (again) again.open = true;
    }
    for (const box of part.querySelectorAll("input[type=checkbox]:checked")) {
      const again = fresh.querySelector(`[name="${box.name}"][value="${CSS.escape(box.value)}"]`);
      if (again) again.checked = true;
    }
    part.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  const refresh = gathered(async () => {
    const template = document.createElement("template");
    template.innerHTML = await fetchText(page.dataset.live);
    for (const fresh of template.content.querySelectorAll("[data-part]")) {
      const name = fresh.dataset.part;
      // Relative times differ at every look; `ago.js` keeps them, so they are no change.
      const text = fresh.outerHTML.replace(/(<time[^>]*>)[^<]*/g, "$1");
      if (texts.get(name) === text) continue;
      texts.set(name, text);
      const part = parts.querySelector(`[data-part="${CSS.escape(name)}"]`);
      if (part) replace(part, document.importNode(fresh, true));
    }
    refreshTimes();
    document.dispatchEvent(new Event("dx:changed"));
  });

  follow({
    path: page.dataset.socket,
    kind: page.dataset.kind,
    ids: [page.dataset.id],
    changed: refresh,
    lost: (is) => (page.querySelector("[data-lost]").hidden = !is),
  });
}
