/* Charts by plotly: curves over time and over the cycle. The moving cursor is ours, so that no chart is drawn again. */

const MARGIN_PX = { l: 60, r: 14, t: 30, b: 46 };
const PRINTED_WIDTH_PX = 680; // as wide as the style sheet makes charts on paper
const PRINTED_HEIGHT_PX = 320;
const MOST_BAND_LABELS = 40;
const MOST_SINGLE_CYCLES = 30; // more cannot be told apart
const CLICK_PX = 4;

/** Text that plotly shows as it is: it takes some markup for markup. */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function withUnit(label, unit) {
  return plain(unit ? `${label} (${unit})` : label);
}

function axis(title, more) {
  const line = theme.colour("line");
  return {
    title: { text: title, standoff: 8 },
    gridcolor: line,
    linecolor: line,
    zerolinecolor: theme.colour("quiet"),
    automargin: false,
    ...more,
  };
}

/** The house style of every chart. */
function layoutOf(element, { x, y, ...more }) {
  return {
    autosize: !theme.printing,
    width: theme.printing ? PRINTED_WIDTH_PX : undefined,
    // Unasked, plotly draws charts of a fixed width higher than their place, over what stands below.
    height: theme.printing ? element.clientHeight || PRINTED_HEIGHT_PX : undefined,
    margin: MARGIN_PX,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: theme.colour("ink") },
    hoverlabel: { bgcolor: theme.colour("card"), font: { color: theme.colour("ink") } },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    hovermode: "x unified",
    xaxis: x,
    yaxis: y,
    ...more,
  };
}

function plot(element, traces, layout) {
  const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
  return Plotly.react(element, traces, layoutOf(element, layout), config);
}

/** The area between a chart's axes in pixels of the chart; plotly makes it smaller than asked for where legends need room. */
function plotArea(chart) {
  const [outer, inner] = [chart, chart.querySelector(".nsewdrag")].map((node) => node.getBoundingClientRect());
  return { left: inner.left - outer.left, top: inner.top - outer.top, width: inner.width, height: inner.height };
}

/** Something over a chart that stands at a value of its axes. */
class ChartCursor {
  #chart;
  #mark = document.createElement("div");
  #area = null;
  #values = null;

  constructor(chart, shape) {
    this.#chart = chart;
    this.#mark.className = `cursor ${shape}`;
    chart.append(this.#mark);
    const measure = () => {
      this.#area = plotArea(chart);
      if (shape === "line") this.#mark.style.height = `${this.#area.height}px`;
      this.#place();
    };
    chart.on("plotly_afterplot", measure);
    measure();
  }

  /** A line has no `y`. */
  move(x, y = null) {
    this.#values = [x, y];
    this.#place();
  }

  #place() {
    if (!this.#values) return;
    const { xaxis, yaxis } = this.#chart.layout;
    const [x, y] = this.#values;
    const along = shareOf(xaxis.range, x);
    const down = y === null ? 0 : 1 - shareOf(yaxis.range, y);
    this.#mark.hidden = !(along >= 0 && along <= 1 && down >= 0 && down <= 1);
    const { left, top, width, height } = this.#area;
    this.#mark.style.transform = `translate(${left + along * width}px, ${top + down * height}px)`;
  }
}

function shareOf([start, end], value) {
  return (value - start) / (end - start);
}

/** Call `choose(x)` with the value of the axis where a chart is clicked, but not where it is dragged. */
function onChartClick(chart, choose) {
  const click = (from, to) => {
    if (Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) > CLICK_PX) return;
    const outer = chart.getBoundingClientRect();
    const { left, top, width, height } = plotArea(chart);
    const along = (to.clientX - outer.left - left) / width;
    const down = (to.clientY - outer.top - top) / height;
    if (along < 0 || along > 1 || down < 0 || down > 1) return;
    const [start, end] = chart.layout.xaxis.range;
    choose(start + along * (end - start));
  };
  chart.addEventListener("pointerdown", (from) => {
    // Plotly lays something over the page while the button is down: the chart itself does not see it come up.
    addEventListener("pointerup", (to) => click(from, to), { once: true, capture: true });
  }, true);
}

/** Curves by name: left and right of the same name together. */
function groupsOf(curves, cycles) {
  const groups = new Map();
  const group = ({ name, label, unit }) => {
    if (!groups.has(name)) groups.set(name, { name, label, unit, curves: [], cycles: [] });
    return groups.get(name);
  };
  for (const curve of curves) group(curve).curves.push(curve);
  for (const cycle of cycles) group(cycle).cycles.push(cycle);
  return [...groups.values()];
}

function lineOf(side, width) {
  // Paper may be without colour: there the right side is dashed.
  return { color: theme.colour(side), width, dash: theme.printing && side === "right" ? "6px,3px" : "solid" };
}

function bandColour(side) {
  return theme.colour(side === "middle" ? "accent" : side);
}

class CurveCharts {
  #player;
  #groups = [];
  #layers;
  #curveChart = document.getElementById("curve-chart");
  #cycleChart = document.getElementById("cycle-chart");
  #choice = document.getElementById("curve");
  #raw = document.getElementById("raw");
  #cursor = null;

  constructor(player, people, layers) {
    this.#player = player;
    this.#layers = layers;
    people.onChange((person) => this.#offer(person));
    this.#choice.addEventListener("change", () => this.draw());
    this.#raw.addEventListener("change", () => this.draw());
    layers.onChange(() => this.draw());
    theme.onChange(() => this.draw());
  }

  draw() {
    const group = this.#groups[Number(this.#choice.value)];
    if (!group) return;
    const { curves, cycles } = group;
    document.getElementById("raw-choice").hidden = !curves.some(({ cleaned }) => cleaned);
    const notes = [...curves, ...cycles].flatMap(({ definition, unreliable, side }) => [definition, unreliable && `Not reliable, ${side}: ${unreliable}`]);
    document.getElementById("definition").textContent = [...new Set(notes.filter(Boolean))].join(" ");
    this.#curveChart.hidden = !curves.length;
    this.#cycleChart.hidden = !cycles.length;
    this.#curveChart.parentElement.classList.toggle("single", !curves.length || !cycles.length);
    if (curves.length) this.#drawCurves(group);
    if (cycles.length) this.#drawCycles(group);
    if (curves.length && !this.#cursor) this.#follow();
  }

  /** From the first time that there are curves on, their chart and the player go together. */
  #follow() {
    this.#cursor = new ChartCursor(this.#curveChart, "line");
    onChartClick(this.#curveChart, (time) => this.#player.seekTime(time));
    this.#player.onChange(() => this.#cursor.move(this.#player.time));
  }

  /** The curves of another person; the same one stays chosen where there is one. */
  #offer({ curves, cycles }) {
    const before = this.#groups[Number(this.#choice.value)]?.name;
    this.#groups = groupsOf(curves, cycles);
    const chosen = Math.max(0, this.#groups.findIndex(({ name }) => name === before));
    const options = this.#groups.map(({ label }, number) => new Option(label, String(number), number === chosen, number === chosen));
    this.#choice.replaceChildren(...options);
    this.draw();
  }

  #drawCurves({ label, unit, curves }) {
    const { times } = this.#player;
    const traces = [];
    for (const { side, first, raw, cleaned, unreliable } of curves) {
      const name = side === "middle" ? plain(label) : side;
      const x = times.subarray(first, first + raw.length);
      const fitted = cleaned !== null;
      const [faint, shown] = unreliable ? [0.2, 0.4] : [0.45, 1];
      if (!fitted || this.#raw.checked) {
        const line = lineOf(side, fitted ? 1 : 2);
        traces.push({ x, y: raw, mode: "lines", name: fitted ? `${name}, pose model` : name, line, opacity: fitted ? faint : shown });
      }
      if (fitted) {
        const said = unreliable ? `${name}, not reliable` : name;
        traces.push({ x, y: cleaned, mode: "lines", name: said, line: lineOf(side, 2.2), opacity: shown });
      }
    }
    for (const trace of traces) trace.hovertemplate = "%{y:.1f}";
    plot(this.#curveChart, traces, {
      x: axis("Time (s)", { range: [times[0] ?? 0, Math.max(times.at(-1) ?? 1, (times[0] ?? 0) + 1e-3)], hoverformat: ".3f" }),
      y: axis(withUnit(label, unit)),
      shapes: this.#bandShapes(),
      annotations: this.#bandLabels(),
    });
    this.#curveChart.setAttribute("role", "img");
    this.#curveChart.setAttribute("aria-label", `${label} over time: ${curves.map(({ side }) => side).join(" and ")}`);
  }

  /** Many bands in few shapes: every other band is darker, so that neighbours can be told apart. */
  #bandShapes() {
    const shapes = new Map();
    this.#layers.bands.forEach(({ side, start_s: start, end_s: end }, number) => {
      const fill = number % 2 ? "band-other" : "band";
      const key = `${side} ${fill}`;
      if (!shapes.has(key)) {
        const line = { color: bandColour(side), width: 1 };
        const fillcolor = theme.colour(fill);
        shapes.set(key, { type: "path", path: "", xref: "x", yref: "paper", layer: "below", line, fillcolor });
      }
      shapes.get(key).path += `M ${start},0 L ${start},1 L ${end},1 L ${end},0 Z `;
    });
    return [...shapes.values()];
  }

  #bandLabels() {
    const { bands } = this.#layers;
    if (bands.length > MOST_BAND_LABELS) return [];
    return bands.map(({ label, side, kind, start_s: start, end_s: end }) => ({
      text: plain(label),
      x: (start + end) / 2,
      y: 1,
      yref: "paper",
      yanchor: "top",
      xanchor: kind === "event" ? "left" : "center",
      showarrow: false,
      textangle: kind === "event" ? -90 : 0,
      font: { size: 12, color: kind === "event" ? bandColour(side) : theme.colour("quiet") },
    }));
  }

  #drawCycles({ label, unit, cycles }) {
    const traces = cycles.flatMap((cycle) => cycleTraces(cycle));
    plot(this.#cycleChart, traces, {
      x: axis("Cycle (%)", { range: [0, 100], hoverformat: ".0f" }),
      y: axis(withUnit(label, unit)),
    });
    const counts = cycles.map(({ side, percent, values }) => `${side} ${values.length / percent.length}`);
    this.#cycleChart.setAttribute("role", "img");
    this.#cycleChart.setAttribute("aria-label", `${label} over the cycle, mean and SD; cycles: ${counts.join(", ")}`);
  }
}

/** Single cycles faintly, the band of one SD to each side of the mean, and the mean. */
function cycleTraces({ label, side, percent, values, mean, sd, unreliable }) {
  const count = values.length / percent.length;
  const name = `${side === "middle" ? plain(label) : side}, mean ± SD of ${count}${unreliable ? ", not reliable" : ""}`;
  const shown = unreliable ? 0.4 : 1;
  const quiet = { showlegend: false, hoverinfo: "skip", mode: "lines" };
  const x = [];
  const y = [];
  for (let cycle = 0; cycle < count && count <= MOST_SINGLE_CYCLES; cycle += 1) {
    x.push(...percent, null);
    y.push(...values.subarray(cycle * percent.length, (cycle + 1) * percent.length), null);
  }
  return [
    { ...quiet, x, y, line: { color: theme.colour(side), width: 0.8 }, opacity: 0.35 * shown },
    ...ribbons(percent, mean, sd).map((ribbon) => ({
      ...quiet, ...ribbon, fill: "toself", fillcolor: theme.colour(side), opacity: 0.22 * shown, line: { width: 0 },
    })),
    { x: percent, y: mean, mode: "lines", name, line: lineOf(side, 2.6), opacity: shown, hovertemplate: "%{y:.1f}" },
  ];
}

/** A closed outline from mean - SD to mean + SD for each stretch in which both are known. */
function ribbons(percent, mean, sd) {
  const found = [];
  let stretch = [];
  for (let point = 0; point <= percent.length; point += 1) {
    if (point < percent.length && Number.isFinite(mean[point] + sd[point])) {
      stretch.push(point);
    } else if (stretch.length) {
      const back = [...stretch].reverse();
      found.push({
        x: [...stretch, ...back].map((at) => percent[at]),
        y: [...stretch.map((at) => mean[at] - sd[at]), ...back.map((at) => mean[at] + sd[at])],
      });
      stretch = [];
    }
  }
  return found;
}
