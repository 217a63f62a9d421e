/* Skeletons in three dimensions on a canvas, seen from where a clinician would stand. */

// Yaw is the way round the person, from the front over the person's right; pitch is up from the horizon. Degrees.
const VIEWS = [
  { name: "Front", yaw: 0, pitch: 0 },
  { name: "Back", yaw: 180, pitch: 0 },
  { name: "Left", yaw: -90, pitch: 0 },
  { name: "Right", yaw: 90, pitch: 0 },
  { name: "Top", yaw: 180, pitch: 90 },
];
const DEGREES_PER_PIXEL = 0.5;
const GRID_MM = 500;
const GRID_LINES = 3; // to each side of the person
const MARGIN = 0.9;

class BodyView {
  #canvas;
  #skeleton;
  #buttons = [];
  #view = { ...VIEWS[0] };
  #scheduled = false;

  /**
   * Nothing is shown before `bodies` are set, which are drawn together: each has positions, framing, the frame to
   * show, weight and strength of its lines, and maybe a colour of its own. The first one is in the middle, and its
   * front is the front.
   */
  constructor(canvas, toolbar, skeleton) {
    this.#canvas = canvas;
    this.#skeleton = skeleton;
    this.bodies = [];
    this.turning = false;
    this.floor = true;
    for (const view of VIEWS) this.#addButton(toolbar, view);
    this.#listenToDrags();
    new ResizeObserver(() => this.draw()).observe(canvas);
    theme.onChange(() => this.draw());
    this.choose(0);
  }

  choose(number) {
    this.#view = { ...VIEWS[number] };
    this.#press();
    this.draw();
  }

  /** Draw before the next picture of the screen, once, however often it is asked for. */
  draw() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#paint();
    });
  }

  #addButton(toolbar, view) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = view.name;
    button.addEventListener("click", () => this.choose(VIEWS.indexOf(view)));
    toolbar.append(button);
    this.#buttons.push(button);
  }

  #press() {
    this.#buttons.forEach((button, number) => {
      const { yaw, pitch } = VIEWS[number];
      button.setAttribute("aria-pressed", String(yaw === this.#view.yaw && pitch === this.#view.pitch));
    });
  }

  #listenToDrags() {
    let from = null;
    this.#canvas.addEventListener("pointerdown", (event) => {
      from = event;
      this.#canvas.setPointerCapture(event.pointerId);
    });
    this.#canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.#view.yaw += (event.clientX - from.clientX) * DEGREES_PER_PIXEL;
      this.#view.pitch = clamp(this.#view.pitch + (event.clientY - from.clientY) * DEGREES_PER_PIXEL, -90, 90);
      from = event;
      this.#press();
      this.draw();
    });
    for (const kind of ["pointerup", "pointercancel"]) this.#canvas.addEventListener(kind, () => (from = null));
  }

  #paint() {
    const { context, width, height } = prepared(this.#canvas);
    if (!this.bodies.length || !width || !height) return;
    const project = this.#projection(width, height);
    if (this.floor) this.#paintFloor(context, project);
    const bones = this.bodies.flatMap((body) => this.#bones(body, project));
    if (!bones.length) this.#paintAbsence(context, width, height);
    this.#paintBones(context, bones.sort((one, other) => one.depth - other.depth), project.bone);
  }

  /** A function from camera axes in mm to pixels of the canvas and the distance towards the viewer in mm. */
  #projection(width, height) {
    const [body] = this.bodies;
    const [centreX, , centreZ] = body.centre.subarray(3 * body.frame, 3 * body.frame + 3);
    const ground = body.floor[body.frame];
    const centreY = ground - body.height / 2;
    const heading = this.turning ? body.heading[body.frame] : body.meanHeading;
    const [yaw, pitch] = [this.#view.yaw, this.#view.pitch].map((degrees) => (degrees * Math.PI) / 180);
    // Camera axes: x right, y down, z away. The person's front is (sin, -cos) of the heading, the right (-cos, -sin).
    const [towardsX, towardsZ] = [Math.sin(heading - yaw), -Math.cos(heading - yaw)];
    const [sin, cos] = [Math.sin(pitch), Math.cos(pitch)];
    const size = Math.max(body.height, 2 * body.reach, 1);
    const scale = (MARGIN * Math.min(width, height)) / size;
    const project = (x, y, z) => {
      const [right, up, away] = [x - centreX, centreY - y, z - centreZ];
      const towards = right * towardsX + away * towardsZ;
      const across = -right * towardsZ + away * towardsX;
      return {
        x: width / 2 + scale * across,
        y: height / 2 - scale * (cos * up - sin * towards),
        depth: cos * towards + sin * up,
      };
    };
    return Object.assign(project, { bone: clamp(scale * 22, 2, 7), size, centreX, centreZ, ground });
  }

  #paintFloor(context, project) {
    const { ground, centreX, centreZ } = project;
    // The lines stand still on the ground: a walker is seen to pass over them.
    const first = (centre) => (Math.round(centre / GRID_MM) - GRID_LINES) * GRID_MM;
    const [startX, startZ, length] = [first(centreX), first(centreZ), 2 * GRID_LINES * GRID_MM];
    context.strokeStyle = theme.colour("floor");
    context.lineWidth = 1;
    context.beginPath();
    for (let step = 0; step <= length; step += GRID_MM) {
      for (const ends of [
        [project(startX + step, ground, startZ), project(startX + step, ground, startZ + length)],
        [project(startX, ground, startZ + step), project(startX + length, ground, startZ + step)],
      ]) {
        context.moveTo(ends[0].x, ends[0].y);
        context.lineTo(ends[1].x, ends[1].y);
      }
    }
    context.stroke();
  }

  #bones(body, project) {
    const { joints, edges, sides } = this.#skeleton;
    const offset = (body.frame - body.first) * joints * 3;
    if (offset < 0 || offset >= body.positions.length) return [];
    const at = (joint) => {
      const start = offset + 3 * joint;
      return project(body.positions[start], body.positions[start + 1], body.positions[start + 2]);
    };
    const bones = [];
    edges.forEach(([start, end], edge) => {
      const [from, to] = [at(start), at(end)];
      const depth = (from.depth + to.depth) / 2;
      if (Number.isFinite(from.x + from.y + to.x + to.y)) {
        bones.push({ from, to, depth, colour: body.colour ?? sides[edge], body, size: project.size });
      }
    });
    return bones;
  }

  #paintBones(context, bones, thickness) {
    const colours = Object.fromEntries(["left", "right", "middle", "trial-a", "trial-b"].map((key) => [key, theme.colour(key)]));
    const halo = theme.colour("card");
    context.lineCap = "round";
    for (const bone of bones) {
      // Nearer is thicker and stronger; behind each bone a rim of the ground's colour tells which one is in front.
      const nearness = clamp(0.5 + bone.depth / bone.size, 0, 1);
      const width = thickness * (0.7 + 0.6 * nearness) * bone.body.weight;
      context.beginPath();
      context.moveTo(bone.from.x, bone.from.y);
      context.lineTo(bone.to.x, bone.to.y);
      context.globalAlpha = 1;
      context.strokeStyle = halo;
      context.lineWidth = width + 2;
      context.stroke();
      context.globalAlpha = (0.7 + 0.3 * nearness) * bone.body.strength;
      context.strokeStyle = colours[bone.colour];
      context.lineWidth = width;
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #paintAbsence(context, width, height) {
    context.fillStyle = theme.colour("quiet");
    context.font = "15px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("nobody is seen in this frame", width / 2, height / 2);
  }
}
