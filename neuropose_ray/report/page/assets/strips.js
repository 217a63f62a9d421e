/* Below the slider, in line with it: where the marks are, and how far each moment can be trusted. */

const STRIP_HEIGHT = 12;
const MARKS_HEIGHT = 16;
const STRIP_GAP = 3;

/** How doubtful a value of a strip is: 0 as it should be, 1 doubtful, NaN not known. */
function doubtOf({ good, doubt }, value) {
  if (Number.isNaN(value)) return NaN;
  return Number(good ? value < doubt : value > doubt);
}

/** All strips in one: doubtful where any of them is; what only some of them know counts. */
function summaryOf(strips) {
  const values = new Float32Array(strips[0].values.length).fill(NaN);
  for (const strip of strips) {
    for (let frame = 0; frame < values.length; frame += 1) {
      const doubt = doubtOf(strip, strip.values[frame]);
      if (Number.isNaN(values[frame]) || doubt > values[frame]) values[frame] = doubt;
    }
  }
  return { label: "Doubtful", good: false, doubt: 0.5, full: 1, values };
}

class Strips {
  #canvas = document.createElement("canvas");
  #cursor = document.createElement("div");
  #host = document.createElement("div");
  #labels = document.createElement("div");
  #player;
  #layers;
  #fold;
  #all = [];
  #summary = [];

  /** `fold` is the button that shows all strips instead of the one that sums them up. */
  constructor(timeline, fold, player, people, layers) {
    this.#player = player;
    this.#layers = layers;
    this.#fold = fold;
    this.#host.className = "strip";
    this.#canvas.setAttribute("role", "img");
    this.#cursor.className = "cursor line";
    this.#host.append(this.#canvas, this.#cursor);
    timeline.append(this.#labels, this.#host);
    this.#listen();
    people.onChange(({ strips }) => {
      this.#all = strips;
      this.#summary = strips.length ? [summaryOf(strips)] : [];
      fold.hidden = strips.length < 2;
      this.#arrange();
    });
    fold.addEventListener("click", () => {
      fold.setAttribute("aria-expanded", String(!this.#unfolded));
      this.#arrange();
    });
    player.onChange(() => this.#place());
    new ResizeObserver(() => this.draw()).observe(this.#host);
    layers.onChange(() => this.#arrange());
    theme.onChange(() => this.draw());
  }

  draw() {
    const { context, width } = prepared(this.#canvas);
    if (!width) return;
    let top = 0;
    if (this.#layers.bands.length) {
      this.#paintMarks(context, width);
      top += MARKS_HEIGHT + STRIP_GAP;
    }
    for (const strip of this.#shown) {
      this.#paintStrip(context, strip, top, width);
      top += STRIP_HEIGHT + STRIP_GAP;
    }
    this.#place();
  }

  get #unfolded() {
    return this.#fold.getAttribute("aria-expanded") === "true";
  }

  get #shown() {
    return this.#unfolded || this.#all.length < 2 ? this.#all : this.#summary;
  }

  #arrange() {
    const rows = this.#shown.map(({ label }) => [label, STRIP_HEIGHT]);
    if (this.#layers.bands.length) rows.unshift(["Marks", MARKS_HEIGHT]);
    this.#labels.replaceChildren(...rows.map(([text, height]) => labelOf(text, height)));
    const height = rows.reduce((sum, [, one]) => sum + one + STRIP_GAP, 0);
    this.#host.hidden = this.#labels.hidden = !rows.length;
    this.#host.style.height = this.#cursor.style.height = `${height}px`;
    this.#canvas.setAttribute("aria-label", `Over time: ${rows.map(([text]) => text).join(", ")}`);
    this.draw();
  }

  #listen() {
    const seek = (event) => {
      const { left, width } = this.#host.getBoundingClientRect();
      if (event.buttons & 1) this.#player.seekFrame(((event.clientX - left) / width) * this.#player.last);
    };
    this.#host.addEventListener("pointerdown", (event) => {
      this.#host.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.#host.addEventListener("pointermove", seek);
  }

  #place() {
    const share = this.#player.last ? this.#player.frame / this.#player.last : 0;
    this.#cursor.style.transform = `translateX(${share * this.#host.clientWidth}px)`;
  }

  #x(time, width) {
    return this.#player.last ? (nearest(this.#player.times, time) / this.#player.last) * width : 0;
  }

  #paintMarks(context, width) {
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const band of this.#layers.bands) {
      const [start, end] = [this.#x(band.start_s, width), this.#x(band.end_s, width)];
      const length = Math.max(end - start - 1, 2);
      context.fillStyle = context.strokeStyle = bandColour(band.side);
      context.globalAlpha = band.complete ? 0.3 : 0.1;
      context.fillRect(start, 0, length, MARKS_HEIGHT);
      context.globalAlpha = 1;
      context.fillRect(start, 0, Math.min(2, length), MARKS_HEIGHT);
      if (band.peak_s !== null) context.fillRect(this.#x(band.peak_s, width), MARKS_HEIGHT - 4, 2, 4);
      if (context.measureText(band.label).width < length - 6) {
        context.fillStyle = theme.colour("ink");
        context.fillText(band.label, start + length / 2, MARKS_HEIGHT / 2 + 0.5);
      }
    }
  }

  /** As high as the value, in the colour of doubt where it is doubtful; a pixel shows the worst of its frames. */
  #paintStrip(context, strip, top, width) {
    const { values, good, full } = strip;
    const colours = [theme.colour("good"), theme.colour("doubt")];
    context.fillStyle = theme.colour("page");
    context.fillRect(0, top, width, STRIP_HEIGHT);
    for (let x = 0; x < width; x += 1) {
      const worst = worstOf(values, x / width, (x + 1) / width, good);
      if (Number.isNaN(worst)) {
        context.fillStyle = theme.colour("unknown");
        context.fillRect(x, top + STRIP_HEIGHT / 2 - 1, 1, 2);
      } else if (good || worst > 0) {
        const height = Math.max(1, clamp(worst / full, 0, 1) * STRIP_HEIGHT);
        context.fillStyle = colours[doubtOf(strip, worst)];
        context.fillRect(x, top + STRIP_HEIGHT - height, 1, height);
      }
    }
  }
}

function labelOf(text, height) {
  const label = document.createElement("div");
  label.className = "strip-label";
  label.textContent = label.title = text;
  label.style.height = label.style.lineHeight = `${height}px`;
  label.style.marginBottom = `${STRIP_GAP}px`;
  return label;
}

/** The worst of the values between two shares of their length; NaN where none is known. */
function worstOf(values, from, to, good) {
  const first = Math.round(from * (values.length - 1));
  const past = Math.max(first + 1, Math.round(to * (values.length - 1)));
  let worst = NaN;
  for (let frame = first; frame < past; frame += 1) {
    const value = values[frame];
    if (Number.isNaN(worst) || (good ? value < worst : value > worst)) worst = value;
  }
  return worst;
}
