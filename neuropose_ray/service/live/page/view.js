// The live picture of a stream with the people in it. Messages: neuropose_ray/schemas/live_messages.py.
"use strict";

const STREAM = decodeURIComponent(location.pathname.split("/").at(-2));
const SUBSCRIPTION = "view";
const COLOURS = ["#ff5d5d", "#4db3ff", "#ffd24d", "#63d471", "#c58bff", "#ff9f4d"];
const SHOWN_EVENTS = 50;
const LEAST_SCORE = 0.3;
const $ = (id) => document.getElementById(id);

let token = sessionStorage.getItem("neuropose-token");
let edges = [];
let resume = null;
let lastSeq = null;
let retryMs = 500;
const repetitions = new Map();

function connect() {
  const base = new URL("../../live", location.href);
  base.protocol = base.protocol.replace("http", "ws");
  const protocols = token ? ["neuropose.live.v1", `bearer.${token}`] : ["neuropose.live.v1"];
  const socket = new WebSocket(base, protocols);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    const request = {
      type: "subscribe", subscription_id: SUBSCRIPTION, source: { stream: STREAM },
      outputs: ["poses2d", "angles", "image"], max_fps: 25,
    };
    if (resume) Object.assign(request, { resume, after_seq: lastSeq ?? undefined });
    socket.send(JSON.stringify(request));
  };
  socket.onmessage = async (event) => {
    const message = JSON.parse(event.data);
    await (HANDLERS[message.type] ?? (() => {}))(message);
    if (message.type === "pose" || message.type === "event") {
      lastSeq = message.seq;
      if (message.type === "pose" && socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: "ack", subscription_id: SUBSCRIPTION, seq: message.seq }));
      }
    }
  };
  socket.onclose = async (event) => {
    if (event.code === 4401 || (!opened && (await isRefused()))) {
      askForToken();
      return;
    }
    setState("disconnected", event.reason ? `disconnected: ${event.reason}` : "disconnected; connecting again");
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 10000);
  };
}

// A browser does not say why a WebSocket was refused; a plain request does.
async function isRefused() {
  try {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    return (await fetch(new URL("../../streams", location.href), { headers, redirect: "manual" })).status === 401;
  } catch {
    return false;
  }
}

const HANDLERS = {
  subscribed(message) {
    retryMs = 500;
    resume = message.resume;
    if (message.skeleton) edges = message.skeleton.edges;
    const { state, last_error: error } = message.state;
    setState(state, state === "active" ? null : error);
  },
  pose: showPose,
  event(message) {
    if (message.event === "stream.model") { edges = message.data.skeleton.edges; return; }
    if (message.event.startsWith("stream.")) setState(message.event.slice("stream.".length), message.data?.error);
    if (message.event === "repetition") count(message.track_id, 1);
    if (message.event === "repetition.withdrawn") count(message.track_id, -1);
    showEvent(message);
  },
  error(message) { setState("failed", message.message); },
};

function setState(state, text) {
  $("state").className = state;
  $("state").textContent = text ? `${state}: ${text}` : state;
}

function count(track, change) {
  repetitions.set(track, Math.max(0, (repetitions.get(track) ?? 0) + change));
}

async function showPose(message) {
  if ($("state").className !== "active") setState("active");
  const canvas = $("picture");
  const image = message.image ? await picture(message.image) : null;
  canvas.width = image?.width ?? message.width;
  canvas.height = image?.height ?? message.height;
  const context = canvas.getContext("2d");
  if (image) context.drawImage(image, 0, 0);
  const scale = canvas.width / message.width;
  if ($("skeletons").checked) message.persons.forEach((person) => drawPerson(context, person, scale));
  canvas.dataset.frame = message.frame_id;
  canvas.dataset.persons = message.persons.length;
  const age = Math.round(message.timing_ms.total);
  const who = message.persons.length === 1 ? "1 person" : `${message.persons.length} people`;
  $("figures").textContent = `${new Date(message.captured_at * 1000).toLocaleTimeString()}, ${age} ms old, ${who}`;
  showPeople(message.persons);
}

async function picture(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
}

function drawPerson(context, person, scale) {
  const colour = COLOURS[person.track_id % COLOURS.length];
  const [left, top, width, height] = person.box.map((value) => (value ?? 0) * scale);
  const joints = person.poses2d ?? [];
  const scores = person.joint_scores ?? [];
  const sure = (joint) => joints[joint]?.every((value) => value !== null) && (scores[joint] ?? 1) >= LEAST_SCORE;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(2, height / 150);
  context.beginPath();
  for (const [from, to] of edges) {
    if (!sure(from) || !sure(to)) continue;
    context.moveTo(joints[from][0] * scale, joints[from][1] * scale);
    context.lineTo(joints[to][0] * scale, joints[to][1] * scale);
  }
  context.stroke();
  context.setLineDash(person.confirmed ? [] : [6, 6]);
  context.lineWidth = 1;
  context.strokeRect(left, top, width, height);
  context.setLineDash([]);
  context.font = "16px system-ui, sans-serif";
  context.fillText(`${person.track_id}${person.confirmed ? "" : "?"}`, left + 4, Math.max(16, top - 4));
}

function showPeople(persons) {
  $("people").replaceChildren(...persons.map((person) =>
    row([person.track_id, person.score?.toFixed(2) ?? "", repetitions.get(person.track_id) ?? ""])));
  const shown = $("angles").checked ? persons.filter((person) => person.angles) : [];
  const names = shown.length ? Object.keys(shown[0].angles) : [];
  $("angle-head").replaceChildren(row(["", ...shown.map((person) => person.track_id)], "th"));
  $("angle-rows").replaceChildren(...names.map((name) =>
    row([name.replaceAll("_", " "), ...shown.map((person) => person.angles[name]?.toFixed(0) ?? "")])));
}

function row(cells, kind = "td") {
  const element = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement(kind);
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}

function showEvent(message) {
  const item = document.createElement("li");
  const who = message.track_id === undefined ? "" : `, person ${message.track_id}`;
  const rule = message.rule ? ` (${message.rule})` : "";
  item.textContent = `${new Date(message.at * 1000).toLocaleTimeString()} ${message.event}${rule}${who}`;
  item.title = JSON.stringify(message.data ?? {});
  $("events").prepend(item);
  while ($("events").childElementCount > SHOWN_EVENTS) $("events").lastElementChild.remove();
}

function askForToken() {
  setState("failed", token ? "this token is not in force" : "a token is needed");
  $("login").hidden = false;
  $("login").onsubmit = (event) => {
    event.preventDefault();
    token = $("token").value.trim();
    sessionStorage.setItem("neuropose-token", token);
    $("login").hidden = true;
    connect();
  };
}

$("stream").textContent = document.title = STREAM;
connect();
