/* Everything is brought together here. */

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2];
const STEP_FRAMES = 10;

function element(id) {
  return document.getElementById(id);
}

function startSlider(player) {
  const slider = element("time");
  const readout = element("readout");
  slider.max = String(player.last);
  slider.disabled = player.last === 0;
  slider.addEventListener("input", () => player.seekFrame(Number(slider.value)));
  player.onChange(() => {
    const text = `${player.time.toFixed(3)} s · frame ${player.frame} / ${player.last}`;
    slider.value = String(player.frame);
    slider.setAttribute("aria-valuetext", text);
    readout.textContent = text;
  });
}

function startButtons(player) {
  const [play, speed] = [element("play"), element("speed")];
  play.addEventListener("click", () => player.toggle());
  element("back").addEventListener("click", () => player.seekFrame(player.frame - 1));
  element("forward").addEventListener("click", () => player.seekFrame(player.frame + 1));
  speed.append(...SPEEDS.map((rate) => new Option(`${rate} ×`, String(rate), rate === 1, rate === 1)));
  speed.addEventListener("change", () => player.setSpeed(Number(speed.value)));
  player.onChange(() => (play.textContent = player.playing ? "Pause" : "Play"));
}

function startKeys(player, marks, view) {
  const actions = {
    ArrowLeft: (event) => player.seekFrame(player.frame - (event.shiftKey ? STEP_FRAMES : 1)),
    ArrowRight: (event) => player.seekFrame(player.frame + (event.shiftKey ? STEP_FRAMES : 1)),
    Home: () => player.seekFrame(0),
    End: () => player.seekFrame(player.last),
    " ": () => player.toggle(),
    p: () => marks.previous(),
    n: () => marks.next(),
  };
  VIEWS.forEach((_, number) => (actions[String(number + 1)] = () => view.choose(number)));
  addEventListener("keydown", (event) => {
    const { target } = event;
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey || target.matches("select")) return;
    // What can be pressed is pressed by the space bar.
    if (event.key === " " && target.matches("button, summary, input[type=checkbox]")) return;
    event.preventDefault();
    action(event);
  });
}

function startBody(player, data) {
  const view = new BodyView(element("body"), element("body-views"), data.skeleton);
  const people = data.people;
  element("body-pane").hidden = !people.length;
  element("person-choice").hidden = element("others-choice").hidden = people.length < 2;
  const choice = element("person");
  choice.append(...people.map(({ id, main }, number) => new Option(String(id), String(number), main, main)));
  const [others, turning] = [element("others"), element("turning")];
  const arrange = () => {
    const chosen = people[Number(choice.value)];
    view.turning = turning.checked;
    view.bodies = people.filter((body) => body === chosen || others.checked);
    view.bodies.sort((one, other) => Number(other === chosen) - Number(one === chosen));
    for (const body of people) Object.assign(body, body === chosen ? { weight: 1, strength: 1 } : { weight: 0.6, strength: 0.4 });
    view.draw();
  };
  for (const control of [choice, others, turning]) control.addEventListener("change", arrange);
  arrange();
  player.onChange(() => {
    for (const body of people) body.frame = player.frame;
    view.draw();
  });
  return view;
}

/** A click on a row of a table, or Enter, goes to its time; the row of a mark that is passing is lit. */
function startRows(player, bands) {
  const rows = [...document.querySelectorAll("tr[data-seek-s]")].map((row) => {
    const start = Number(row.dataset.seekS);
    const band = bands.find((one) => one.end_s > one.start_s && Math.abs(one.start_s - start) < 1e-3);
    return { row, start, band };
  });
  for (const { row, start } of rows) {
    const go = () => {
      player.seekTime(start);
      document.querySelector(".player").scrollIntoView({ block: "nearest" });
    };
    row.addEventListener("click", go);
    row.addEventListener("keydown", (event) => event.key === "Enter" && go());
  }
  const banded = rows.filter(({ band }) => band);
  player.onChange(() => {
    for (const { row, band } of banded) {
      const passing = player.time >= band.start_s && player.time < band.end_s;
      if (passing) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  });
}

async function startVideo(player) {
  const text = element("overlay").textContent;
  if (!text) return;
  const [pane, video, message] = [element("video-pane"), element("video"), element("video-message")];
  pane.hidden = false;
  video.addEventListener("click", () => player.toggle());
  video.addEventListener("error", () => {
    player.detach();
    message.textContent = "This browser cannot play the video; all else works.";
  });
  video.addEventListener("loadedmetadata", () => {
    message.textContent = "";
    player.attach(video);
  }, { once: true });
  video.src = URL.createObjectURL(await blobOfBase64(text, "video/mp4"));
  element("overlay").remove(); // the text is twice as large as the video
}

/** Charts are drawn when they come into sight or onto paper: plotly takes a second or two to start. */
function startCharts(player, layers, data, comparison) {
  let started = false;
  const draw = () => {
    if (started) return;
    started = true;
    observer.disconnect();
    const script = document.createElement("script");
    script.textContent = element("plotly").textContent;
    document.head.append(script);
    if (data.curves.length || data.cycles.length) new CurveCharts(player, layers, data.curves, data.cycles);
    comparison?.drawCharts();
  };
  const margin = { rootMargin: `0px 0px ${-element("transport").offsetHeight}px 0px` };
  const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && draw(), margin);
  for (const chart of document.querySelectorAll(".chart")) observer.observe(chart);
  addEventListener("beforeprint", draw);
}

function start() {
  const data = decoded(JSON.parse(element("data").textContent));
  const player = new Player(data.times);
  const layers = new Layers(data.bands, element("layer"));
  element("transport").hidden = !player.times.length;
  element("layer-choice").hidden = element("layer").length < 2;
  element("charts").hidden = !data.curves.length && !data.cycles.length;
  startSlider(player);
  startButtons(player);
  const view = startBody(player, data);
  const marks = new Marks(player, layers, element("previous"), element("next"));
  new Strips(element("timeline"), player, data.strips, layers);
  startKeys(player, marks, view);
  startRows(player, data.bands);
  const comparison = data.comparison && new ComparisonView(player, data.comparison, data.skeleton);
  // What stands behind this script in the page, plotly and the video, is there later.
  document.addEventListener("DOMContentLoaded", () => {
    startVideo(player);
    startCharts(player, layers, data, comparison);
  });
}

start();
