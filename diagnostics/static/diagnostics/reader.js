// Remembers whether lines wrap, for the next file.

const box = document.getElementById("dx-wrap");

if (box) {
  const apply = () => document.body.classList.toggle("dx-wrapped", box.checked);
  box.checked = localStorage.getItem("diagnostics.wrap") === "yes";
  box.addEventListener("change", () => {
    localStorage.setItem("diagnostics.wrap", box.checked ? "yes" : "no");
    apply();
  });
  apply();
}
