// Copy buttons beside ids. They appear only where the browser lets a page write to the clipboard.

function show() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  event.preventDefault();
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("dx-copied");
  setTimeout(() => button.classList.remove("dx-copied"), 1500);
});

document.addEventListener("dx:changed", show);
show();
