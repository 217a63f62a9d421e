/* Two trials side by side in the time of dynamic time warping: path, skeletons over each other, deviations. */

const MOST_COLUMNS = 1000;
const ROW_PX = 15;

class ComparisonView {
  #player;
  #comparison;
  #stepsOfA; // for each frame of A the middle one of the steps in which it is
  #view;
  #cursors = [];
  #step = 0;
  #charts = {};

  constructor(player, comparison, skeleton) {
    this.#player = player;
    this.#comparison = comparison;
    this.#stepsOfA = middleSteps(comparison.path[0], comparison.times[0].length);
    const [canvas, toolbar] = ["pair", "pair-views"].map((id) => document.getElementById(id));
    this.#view = new BodyView(canvas, toolbar, skeleton);
    this.#view.floor = false;
    const [a, b] = comparison.bodies;
    // B is in A's place and turned as A: A's framing serves both.
    // B is seen through A.
    Object.assign(a, { colour: "trial-a", weight: 1.5, strength: 0.6 });
    Object.assign(b, { colour: "trial-b", weight: 0.8, strength: 1 });
    this.#view.bodies = [a, b];
    player.onChange(() => this.#follow());
  }

  /** The charts come later than the rest of the page. */
  drawCharts() {
    for (const name of ["path", "deviation"]) this.#charts[name] = document.getElementById(`${name}-chart`);
    this.#charts.deviation.style.height = `${this.#comparison.joints.length * ROW_PX + 110}px`;
    this.#draw();
    theme.onChange(() => this.#draw());
    this.#cursors = [new ChartCursor(this.#charts.path, "dot"), new ChartCursor(this.#charts.deviation, "line")];
    onChartClick(this.#charts.path, (time) => this.#player.seekTime(time));
    onChartClick(this.#charts.deviation, (percent) => {
      const step = Math.round((percent / 100) * this.#last);
      this.#player.seekTime(this.#timesAt(step)[0]);
      this.#show(step);
    });
    this.#show(this.#step);
  }

  get #last() {
    return this.#comparison.path[0].length - 1;
  }

  #timesAt(step) {
    return this.#comparison.times.map((times, trial) => times[this.#comparison.path[trial][step]]);
  }

  #follow() {
    this.#show(this.#stepsOfA[nearest(this.#comparison.times[0], this.#player.time)] ?? 0);
  }

  #show(step) {
    this.#step = clamp(step, 0, Math.max(0, this.#last));
    this.#comparison.bodies.forEach((body, trial) => (body.frame = this.#comparison.path[trial][this.#step] ?? 0));
    this.#view.draw();
    const [path, deviation] = this.#cursors;
    path?.move(...this.#timesAt(this.#step));
    deviation?.move((this.#step / Math.max(1, this.#last)) * 100);
  }

  #draw() {
    this.#drawPath();
    this.#drawDeviation();
  }

  #drawPath() {
    const { names, path, times } = this.#comparison;
    const [x, y] = [0, 1].map((trial) => Array.from(path[trial], (frame) => times[trial][frame]));
    const even = { x: [x[0], x.at(-1)], y: [y[0], y.at(-1)], mode: "lines", hoverinfo: "skip" };
    const [a, b] = names.map(plain);
    plot(
      this.#charts.path,
      [
        { ...even, name: "even pace", line: { color: theme.colour("quiet"), width: 1, dash: "dot" } },
        { x, y, mode: "lines", name: "path", line: { color: theme.colour("accent"), width: 2.4 }, hovertemplate: "%{y:.2f} s" },
      ],
      { x: axis(`Time in ${a} (s)`, { hoverformat: ".2f" }), y: axis(`Time in ${b} (s)`) },
    );
    describe(this.#charts.path, "Path of the time warping: the moments of both trials that belong together");
  }

  #drawDeviation() {
    const { joints, deviation, path } = this.#comparison;
    const rows = thinnedRows(deviation, joints.length, path[0].length);
    const columns = rows[0]?.length ?? 0;
    const x = Array.from({ length: columns }, (_, column) => (column / Math.max(1, columns - 1)) * 100);
    const bar = { title: { text: "mm", side: "right" }, thickness: 12, x: 1, xanchor: "right", outlinewidth: 0 };
    const names = joints.map((joint) => plain(joint.replaceAll("_", " ")));
    plot(
      this.#charts.deviation,
      [{
        type: "heatmap", x, y: names, z: rows, colorscale: "Cividis", zmin: 0, colorbar: { ...bar, x: 1.0, xanchor: "left" },
        hovertemplate: "%{y}: %{z:.0f} mm<extra></extra>",
      }],
      {
        title: { text: "Distance of each joint from its counterpart", font: { size: 14 }, x: 0, xanchor: "left" },
        margin: { ...MARGIN_PX, l: 130, r: 70 },
        hovermode: "closest",
        x: axis("Along the path (%)", { range: [0, 100] }),
        y: axis("", { autorange: "reversed", dtick: 1, tickfont: { size: 11 }, showgrid: false }),
      },
    );
    describe(this.#charts.deviation, "Distance of each joint from its counterpart along the path");
  }
}

function describe(chart, text) {
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", text);
}

/** For each frame the middle one of the ascending path's steps in which it is; a frame that is in none has the next. */
function middleSteps(frames, count) {
  return Array.from({ length: count }, (_, frame) => {
    const first = countUpTo(frames, frame - 1);
    const past = countUpTo(frames, frame);
    return Math.min(past > first ? (first + past - 1) >> 1 : first, frames.length - 1);
  });
}

/** Rows of a matrix with at most MOST_COLUMNS columns: a screen has no more. Each is the largest of those it stands for. */
function thinnedRows(values, rows, columns) {
  const kept = Math.min(columns, MOST_COLUMNS);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: kept }, (__, column) => {
      const first = row * columns + Math.floor((column * columns) / kept);
      const past = row * columns + Math.floor(((column + 1) * columns) / kept);
      let largest = null; // not known
      for (let at = first; at < past; at += 1) {
        if (!Number.isNaN(values[at]) && (largest === null || values[at] > largest)) largest = values[at];
      }
      return largest;
    }),
  );
}
