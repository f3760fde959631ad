// Goes from difference to difference in two logs side by side, with n and N or the buttons.

const page = document.querySelector("[data-compare]");
const differences = [...(page?.querySelectorAll("[data-difference]") ?? [])];

if (differences.length) {
  const place = page.querySelector("[data-place]");
  const list = page.querySelector(".dx-compare");
  const only = page.querySelector("[data-only]");
  let current = -1;

  const go = (by) => {
    current = (current + by + differences.length) % differences.length;
    page.querySelector(".dx-current")?.classList.remove("dx-current");
    const row = differences[current];
    row.classList.add("dx-current");
    row.scrollIntoView({ block: "center" });
    place.textContent = `${current + 1} / ${differences.length}`;
    history.replaceState(null, "", `#${row.id}`);
  };

  page.querySelector("[data-next]").addEventListener("click", () => go(1));
  page.querySelector("[data-previous]").addEventListener("click", () => go(current < 0 ? 0 : -1));
  only.addEventListener("change", () => list.classList.toggle("dx-only", only.checked));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "n") go(1);
    else if (event.key === "N") go(current < 0 ? 0 : -1);
    else return;
    event.preventDefault();
  });
  const asked = differences.findIndex((row) => `#${row.id}` === location.hash);
  if (asked >= 0) go(asked + 1);
}
