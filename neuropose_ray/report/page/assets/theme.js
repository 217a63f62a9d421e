/* The style sheet's colours for what is not drawn by the style sheet. */

class Theme {
  #redraws = [];
  #colours = new Map();

  constructor() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#renew());
    addEventListener("beforeprint", () => this.#renew(true));
    addEventListener("afterprint", () => this.#renew(false));
  }

  get printing() {
    return document.documentElement.classList.contains("printing");
  }

  /** The style sheet's variable of this name; asked once only, since the answer costs a pass over the whole page. */
  colour(name) {
    if (!this.#colours.has(name)) {
      this.#colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    }
    return this.#colours.get(name);
  }

  /** Call `redraw` whenever the colours change: light to dark and back, and for paper. */
  onChange(redraw) {
    this.#redraws.push(redraw);
  }

  #renew(printing = this.printing) {
    document.documentElement.classList.toggle("printing", printing);
    this.#colours.clear();
    for (const redraw of this.#redraws) redraw();
  }
}

const theme = new Theme();

/** A canvas as fine as the screen, its context in CSS pixels, and its size in them. */
function prepared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const fineness = devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * fineness), Math.round(height * fineness)];
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  context.setTransform(fineness, 0, 0, fineness, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
