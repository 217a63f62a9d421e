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
const PAPER_FINENESS = 2; // dots for a CSS pixel
const WHEEL_ZOOM = 0.0015; // per pixel that the wheel goes
const NEAREST = 8;
const FARTHEST = 0.4;

class BodyView {
  #canvas;
  #skeleton;
  #buttons = [];
  #view = { ...VIEWS[0] };
  #zoom = 1;
  #neighbours;
  #scheduled = false;

  /**
   * Nothing is shown before `bodies` are set, which are drawn together: each has positions, framing, the frame to
   * show, weight and strength of its lines, and maybe a colour of its own. The first one is in the middle, and its
   * front is the front.
   */
  constructor(canvas, toolbar, skeleton) {
    this.#canvas = canvas;
    this.#skeleton = skeleton;
    this.#neighbours = neighboursOf(skeleton);
    this.bodies = [];
    this.turning = false;
    this.floor = true;
    for (const view of VIEWS) this.#addButton(toolbar, view);
    this.#listenToDrags();
    this.#listenToZoom();
    new ResizeObserver(() => this.draw()).observe(canvas);
    theme.onChange(() => this.draw());
    this.choose(0);
  }

  choose(number) {
    this.#view = { ...VIEWS[number] };
    this.#zoom = 1;
    this.#press();
    this.draw();
  }

  /** A picture of its own, as on the screen but from one of the views and in its usual size. */
  picture(number, width, height) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * PAPER_FINENESS, height * PAPER_FINENESS];
    const context = canvas.getContext("2d");
    context.scale(PAPER_FINENESS, PAPER_FINENESS);
    this.#paint({ context, width, height }, VIEWS[number], 1);
    return canvas;
  }

  /** Draw before the next picture of the screen, once, however often it is asked for. */
  draw() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#paint(prepared(this.#canvas), this.#view, this.#zoom);
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

  /** One finger or the mouse turns, two fingers zoom. */
  #listenToDrags() {
    const canvas = this.#canvas;
    const pointers = new Map();
    canvas.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const from = pointers.get(event.pointerId);
      if (!from) return;
      if (pointers.size === 1) {
        this.#view.yaw += (event.clientX - from.clientX) * DEGREES_PER_PIXEL;
        this.#view.pitch = clamp(this.#view.pitch + (event.clientY - from.clientY) * DEGREES_PER_PIXEL, -90, 90);
        this.#press();
      } else {
        const [still] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
        this.#zoomBy(distance(event, still) / Math.max(1, distance(from, still)));
      }
      pointers.set(event.pointerId, event);
      this.draw();
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, ({ pointerId }) => pointers.delete(pointerId));
    }
  }

  #listenToZoom() {
    const listen = (kind, act) =>
      this.#canvas.addEventListener(kind, (event) => {
        event.preventDefault();
        act(event);
        this.draw();
      }, { passive: false });
    listen("wheel", ({ deltaY, deltaMode }) => this.#zoomBy(Math.exp(-WHEEL_ZOOM * deltaY * (deltaMode ? 33 : 1))));
    listen("dblclick", () => (this.#zoom = 1));
  }

  #zoomBy(factor) {
    this.#zoom = clamp(this.#zoom * factor, FARTHEST, NEAREST);
  }

  #paint({ context, width, height }, view, zoom) {
    if (!this.bodies.length || !width || !height) return;
    const project = this.#projection(width, height, view, zoom);
    if (this.floor) this.#paintFloor(context, project);
    const parts = this.bodies.flatMap((body) => this.#parts(body, project));
    if (!parts.length) this.#paintAbsence(context, width, height);
    this.#paintParts(context, parts.sort((one, other) => one.depth - other.depth), project.bone);
  }

  /** A function from camera axes in mm to pixels of the canvas and the distance towards the viewer in mm. */
  #projection(width, height, view, zoom) {
    const [body] = this.bodies;
    const [centreX, , centreZ] = body.centre.subarray(3 * body.frame, 3 * body.frame + 3);
    const ground = body.floor[body.frame];
    const centreY = ground - body.height / 2;
    const heading = this.turning ? body.heading[body.frame] : body.meanHeading;
    const [yaw, pitch] = [view.yaw, view.pitch].map((degrees) => (degrees * Math.PI) / 180);
    // Camera axes: x right, y down, z away. The person's front is (sin, -cos) of the heading, the right (-cos, -sin).
    const [towardsX, towardsZ] = [Math.sin(heading - yaw), -Math.cos(heading - yaw)];
    const [sin, cos] = [Math.sin(pitch), Math.cos(pitch)];
    const size = Math.max(body.height, 2 * body.reach, 1);
    const scale = (zoom * MARGIN * Math.min(width, height)) / size;
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
    return Object.assign(project, { bone: clamp(scale * 22, 2, 9), scale, size, centreX, centreZ, ground });
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

  /** Bones and the head of a body, as far as they hang together with its trunk. */
  #parts(body, project) {
    const { joints, edges, sides } = this.#skeleton;
    const offset = (body.frame - body.first) * joints * 3;
    if (offset < 0 || offset >= body.positions.length) return [];
    const joint = (number) => body.positions.subarray(offset + 3 * number, offset + 3 * number + 3);
    const attached = this.#attached((number) => !Number.isNaN(joint(number)[0] + joint(number)[1] + joint(number)[2]));
    const common = { body, size: project.size };
    const bones = edges.flatMap(([start, end], edge) => {
      if (!attached.has(start) || !attached.has(end)) return [];
      const [from, to] = [project(...joint(start)), project(...joint(end))];
      return [{ from, to, depth: (from.depth + to.depth) / 2, colour: body.colour ?? sides[edge], ...common }];
    });
    return [...bones, ...this.#headParts(body, joint, attached, project, common)];
  }

  /** The joints that are known and reach the trunk over known joints: a hand without its elbow would float. */
  #attached(isKnown) {
    const known = new Set([...this.#neighbours.keys()].filter(isKnown));
    const roots = this.#skeleton.trunk.filter((joint) => known.has(joint));
    if (!roots.length) return known;
    const attached = new Set(roots);
    for (const joint of attached) {
      for (const neighbour of this.#neighbours.get(joint)) if (known.has(neighbour)) attached.add(neighbour);
    }
    return attached;
  }

  /** A ball on a neck, and a dot where the nose is. */
  #headParts(body, joint, attached, project, common) {
    const { head } = this.#skeleton;
    const middle = head && meanOf(head.middle.map(joint));
    if (!middle) return [];
    const neck = head.shoulders.every((shoulder) => attached.has(shoulder)) ? meanOf(head.shoulders.map(joint)) : null;
    // A head alone floats, unless nothing else is there to hang it on.
    if (!neck && [...attached].some((other) => !head.joints.includes(other))) return [];
    const colour = body.colour ?? "middle";
    const radius = body.headRadius;
    const centre = project(...middle);
    const parts = [{ ball: project.scale * radius, at: centre, depth: centre.depth, colour, ...common }];
    if (neck) {
      const from = project(...neck);
      const to = project(...pointTowards(middle, neck, radius));
      parts.push({ from, to, depth: Math.min(from.depth, centre.depth - 1), colour, ...common });
    }
    const nose = head.nose === null ? null : meanOf([joint(head.nose)]);
    if (nose) {
      const at = project(...pointTowards(middle, nose, radius));
      parts.push({ ball: 0.22 * project.scale * radius, at, depth: at.depth, colour, ...common });
    }
    return parts;
  }

  #paintParts(context, parts, thickness) {
    const colours = Object.fromEntries(["left", "right", "middle", "trial-a", "trial-b"].map((key) => [key, theme.colour(key)]));
    const halo = theme.colour("card");
    context.lineCap = "round";
    for (const part of parts) {
      // Nearer is thicker and stronger; behind each part a rim of the ground's colour tells which one is in front.
      const nearness = clamp(0.5 + part.depth / part.size, 0, 1);
      const width = thickness * (0.7 + 0.6 * nearness) * part.body.weight;
      const strength = (0.7 + 0.3 * nearness) * part.body.strength;
      context.beginPath();
      if (part.ball === undefined) {
        context.moveTo(part.from.x, part.from.y);
        context.lineTo(part.to.x, part.to.y);
      } else {
        context.arc(part.at.x, part.at.y, part.ball, 0, 2 * Math.PI);
      }
      context.globalAlpha = 1;
      context.strokeStyle = halo;
      context.lineWidth = part.ball === undefined ? width + 2 : 2;
      context.stroke();
      context.globalAlpha = strength;
      if (part.ball === undefined) {
        context.strokeStyle = colours[part.colour];
        context.lineWidth = width;
        context.stroke();
      } else {
        context.fillStyle = colours[part.colour];
        context.fill();
      }
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

/** For each joint those to which it has a bone. */
function neighboursOf({ joints, edges }) {
  const neighbours = new Map(Array.from({ length: joints }, (_, joint) => [joint, []]));
  for (const [start, end] of edges) {
    neighbours.get(start).push(end);
    neighbours.get(end).push(start);
  }
  return neighbours;
}

/** The mean of the known ones of some points; null where none is. */
function meanOf(points) {
  const known = points.filter((point) => point.every((value) => !Number.isNaN(value)));
  return known.length ? [0, 1, 2].map((axis) => known.reduce((sum, point) => sum + point[axis], 0) / known.length) : null;
}

/** The point so far from `start` on the way to `end`. */
function pointTowards(start, end, length) {
  const share = length / Math.max(1e-6, Math.hypot(...start.map((value, axis) => end[axis] - value)));
  return start.map((value, axis) => value + share * (end[axis] - value));
}

function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
