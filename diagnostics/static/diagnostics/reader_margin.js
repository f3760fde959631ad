// The margin beside the lines: where in the whole text something is. A click goes there.

const STEPS = 400; // marks closer to each other than this part of the text are one

export class Margin {
  constructor(element, goTo) {
    this.element = element;
    element.addEventListener("click", (event) => {
      const box = element.getBoundingClientRect();
      goTo((event.clientY - box.top) / box.height);
    });
  }

  // `marks`: name -> numbers of lines.
  draw(marks, total) {
    const drawn = [];
    for (const [name, lines] of marks) {
      const steps = new Set();
      for (const line of lines) steps.add(Math.floor((line / Math.max(total, 1)) * STEPS));
      for (const step of steps) {
        const mark = document.createElement("i");
        mark.className = name;
        mark.style.top = `${(100 * step) / STEPS}%`;
        drawn.push(mark);
      }
    }
    this.element.replaceChildren(...drawn);
    this.element.hidden = !drawn.length;
  }
}
