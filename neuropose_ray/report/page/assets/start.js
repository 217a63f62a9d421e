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

function startBody(player, people, skeleton) {
  const view = new BodyView(element("body"), element("body-views"), skeleton);
  const [others, turning] = [element("others"), element("turning")];
  element("body-pane").hidden = !people.all.length;
  element("person-choice").hidden = element("others-choice").hidden = people.all.length < 2;
  const arrange = () => {
    const { chosen } = people;
    view.turning = turning.checked;
    view.bodies = people.all.filter((body) => body === chosen || others.checked);
    view.bodies.sort((one, other) => Number(other === chosen) - Number(one === chosen));
    for (const body of people.all) Object.assign(body, body === chosen ? { weight: 1, strength: 1 } : { weight: 0.6, strength: 0.4 });
    view.draw();
  };
  for (const control of [others, turning]) control.addEventListener("change", arrange);
  people.onChange(arrange);
  player.onChange(() => {
    for (const body of people.all) body.frame = player.frame;
    view.draw();
  });
  return view;
}

/** A click on a row of a table, or Enter, goes to its time; the row of a mark that is passing is lit. */
function startRows(player, people) {
  let banded = [];
  for (const row of document.querySelectorAll("tr[data-seek-s]")) {
    const go = () => {
      player.seekTime(Number(row.dataset.seekS));
      document.querySelector(".player").scrollIntoView({ block: "nearest" });
    };
    row.addEventListener("click", go);
    row.addEventListener("keydown", (event) => event.key === "Enter" && go());
  }
  const light = () => {
    for (const { row, band } of banded) {
      const passing = player.time >= band.start_s && player.time < band.end_s;
      if (passing) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };
  people.onChange(({ bands }) => {
    const number = people.all.indexOf(people.chosen);
    const rows = [...document.querySelectorAll(`[data-person="${number}"] tr[data-seek-s]`)];
    banded = rows.map((row) => ({ row, band: bandAt(bands, Number(row.dataset.seekS)) })).filter(({ band }) => band);
    light();
  });
  player.onChange(light);
}

/** The band that begins at a time, or turns there. */
function bandAt(bands, time) {
  const near = (other) => other !== null && Math.abs(other - time) < 1e-3;
  return bands.find(({ start_s: start, end_s: end, peak_s: peak }) => end > start && (near(start) || near(peak)));
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
function startCharts(player, people, layers, comparison) {
  let started = false;
  const draw = () => {
    if (started) return;
    started = true;
    observer.disconnect();
    const script = document.createElement("script");
    script.textContent = element("plotly").textContent;
    document.head.append(script);
    if (people.all.some(hasCurves)) new CurveCharts(player, people, layers);
    comparison?.drawCharts();
  };
  const margin = { rootMargin: `0px 0px ${-element("transport").offsetHeight}px 0px` };
  const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && draw(), margin);
  for (const chart of document.querySelectorAll(".chart")) observer.observe(chart);
  addEventListener("beforeprint", draw);
}

function hasCurves({ curves, cycles }) {
  return curves.length + cycles.length > 0;
}

/** What is folded on the screen is read on paper; what is long and for programs stays folded. */
function startFolds() {
  const folds = document.querySelectorAll("details.warnings");
  let folded = [];
  theme.onChange(() => {
    if (theme.printing) folded.push(...[...folds].filter(({ open }) => !open));
    for (const fold of folded) fold.open = theme.printing;
    if (!theme.printing) folded = [];
  });
}

function start() {
  const data = decoded(JSON.parse(element("data").textContent));
  const player = new Player(data.times, data.videoSeconds);
  const people = new People(data.people, data.times.length, element("person"));
  const layers = new Layers(people, element("layer"), element("layer-choice"));
  element("transport").hidden = !player.times.length;
  people.onChange((person) => (element("charts").hidden = !hasCurves(person)));
  startSlider(player);
  startButtons(player);
  startFolds();
  const view = startBody(player, people, data.skeleton);
  const marks = new Marks(player, layers, element("previous"), element("next"));
  new Strips(element("timeline"), element("fold"), player, people, layers);
  new Paper(element("paper"), player, view, element("video"));
  startKeys(player, marks, view);
  startRows(player, people);
  const comparison = data.comparison && new ComparisonView(player, data.comparison, data.skeleton);
  // The page begins where there is somebody to be seen, and who is chosen later is shown, too.
  people.onChange(({ first, positions }) => {
    const frames = (positions?.length ?? 0) / (3 * data.skeleton.joints);
    if (frames && (player.frame < first || player.frame >= first + frames)) player.seekFrame(first);
  });
  // What stands behind this script in the page, plotly and the video, is there later.
  document.addEventListener("DOMContentLoaded", () => {
    startVideo(player);
    startCharts(player, people, layers, comparison);
  });
}

start();
