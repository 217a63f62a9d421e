/* Below the slider, in line with it: where the marks are, and how far each moment can be trusted. */

const STRIP_HEIGHT = 12;
const MARKS_HEIGHT = 16;
const STRIP_GAP = 3;
const LOW_CONFIDENCE = 0.5;

class Strips {
  #canvas = document.createElement("canvas");
  #cursor = document.createElement("div");
  #host = document.createElement("div");
  #player;
  #strips;
  #layers;

  constructor(timeline, player, strips, layers) {
    this.#player = player;
    this.#strips = strips;
    this.#layers = layers;
    if (!strips.length && !layers.bands.length) return;
    this.#build(timeline);
    this.#listen();
    player.onChange(() => this.#place());
    new ResizeObserver(() => this.draw()).observe(this.#host);
    layers.onChange(() => this.draw());
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
    for (const strip of this.#strips) {
      this.#paintStrip(context, strip, top, width);
      top += STRIP_HEIGHT + STRIP_GAP;
    }
    this.#place();
  }

  #build(timeline) {
    const labels = document.createElement("div");
    const rows = this.#strips.map(({ label }) => [label, STRIP_HEIGHT]);
    if (this.#layers.bands.length) rows.unshift(["Marks", MARKS_HEIGHT]);
    for (const [text, height] of rows) {
      const label = document.createElement("div");
      label.className = "strip-label";
      label.textContent = text;
      label.title = text;
      label.style.height = `${height}px`;
      label.style.lineHeight = `${height}px`;
      label.style.marginBottom = `${STRIP_GAP}px`;
      labels.append(label);
    }
    const height = rows.reduce((sum, [, one]) => sum + one + STRIP_GAP, 0);
    this.#host.className = "strip";
    this.#host.style.height = `${height}px`;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", `Over time: ${rows.map(([text]) => text).join(", ")}`);
    this.#cursor.className = "cursor line";
    this.#cursor.style.height = `${height}px`;
    this.#host.append(this.#canvas, this.#cursor);
    timeline.append(labels, this.#host);
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

  /** A pixel shows the worst of its frames. */
  #paintStrip(context, { values, good }, top, width) {
    const colours = { good: theme.colour("good"), doubt: theme.colour("doubt"), unknown: theme.colour("unknown"), empty: theme.colour("page") };
    context.fillStyle = colours.empty;
    context.fillRect(0, top, width, STRIP_HEIGHT);
    for (let x = 0; x < width; x += 1) {
      const worst = this.#worst(values, x / width, (x + 1) / width, good);
      if (Number.isNaN(worst)) {
        context.fillStyle = colours.unknown;
        context.fillRect(x, top + STRIP_HEIGHT / 2 - 1, 1, 2);
      } else if (good) {
        context.fillStyle = worst < LOW_CONFIDENCE ? colours.doubt : colours.good;
        const height = Math.max(1, clamp(worst, 0, 1) * STRIP_HEIGHT);
        context.fillRect(x, top + STRIP_HEIGHT - height, 1, height);
      } else if (worst > 0) {
        context.globalAlpha = clamp(worst, 0.4, 1);
        context.fillStyle = colours.doubt;
        context.fillRect(x, top, 1, STRIP_HEIGHT);
        context.globalAlpha = 1;
      }
    }
  }

  #worst(values, from, to, good) {
    const first = Math.round(from * (values.length - 1));
    const past = Math.max(first + 1, Math.round(to * (values.length - 1)));
    let worst = NaN;
    for (let frame = first; frame < past; frame += 1) {
      const value = values[frame];
      if (Number.isNaN(worst) || (good ? value < worst : value > worst)) worst = value;
    }
    return worst;
  }
}
