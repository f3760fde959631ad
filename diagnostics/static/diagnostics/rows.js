// Rows of lists in a form: adds a blank one from the list's template, and removes one.

function show(root) {
  for (const button of root.querySelectorAll("[data-add][hidden], [data-remove][hidden]")) button.hidden = false;
}

function add(list) {
  const number = Number(list.dataset.next);
  list.dataset.next = number + 1;
  const template = document.createElement("template");
  const blank = list.querySelector(":scope > template");
  // Names in templates inside of this one hold the same mark: their lists are inside of this row.
  template.innerHTML = blank.innerHTML.replaceAll(`[${list.dataset.mark}]`, `[${number}]`);
  const row = document.importNode(template.content, true).firstElementChild;
  blank.before(row);
  show(row);
  row.querySelector("input, select, textarea, summary")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  if (!button) return;
  if (button.hasAttribute("data-add")) {
    add(button.closest("[data-rows]"));
    return;
  }
  const list = button.closest("[data-rows]");
  button.closest("[data-row-of-list]").remove();
  list.querySelector(":scope > [data-add]").focus();
});

show(document);
