// Keys of the reader, and the overlay that lists them. Modules add keys of their own.

export class Keys {
  #actions = new Map();

  constructor(dialog) {
    this.dialog = dialog;
    this.list = dialog.querySelector("dl");
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  // `text` says in the overlay what the key does; without one it is a second key for the same.
  add(key, action, text = "") {
    this.#actions.set(key, action);
    if (!text) return;
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    term.append(document.createElement("kbd"));
    term.firstChild.textContent = key;
    words.textContent = text;
    this.list.append(term, words);
  }

  help() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.dialog.open) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = this.#actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }
}
