// Says what a form would do while it is being filled in: [data-preview] holds the address to ask.

import { fetchText } from "./line.js";

const place = document.querySelector("[data-preview]");
const form = place?.closest("form");
let due;
let asked = 0;

async function show() {
  const data = new FormData(form);
  data.delete("csrfmiddlewaretoken");
  // The two lists of a "filter horizontal" field: all that stands in the right one is chosen.
  for (const list of form.querySelectorAll("select[multiple][id$='_to']")) {
    data.delete(list.name);
    for (const option of list.options) data.append(list.name, option.value);
  }
  data.append("of", place.dataset.of);
  const mine = ++asked;
  const html = await fetchText(`${place.dataset.preview}?${new URLSearchParams(data)}`);
  if (mine === asked) place.innerHTML = html;
}

function later() {
  clearTimeout(due);
  due = setTimeout(show, 500);
}

if (form) {
  for (const kind of ["input", "change", "click"]) form.addEventListener(kind, later);
  if (!place.dataset.of || "atOnce" in place.dataset) show();
}
