/* The bands of the recording: repetitions, cycles or events, of which one layer is shown at a time. */

const KIND_NAMES = { repetition: "Repetitions", cycle: "Cycles", event: "Events" };

/** Bands of one kind and side, as one choice; events of both sides together, since they alternate. */
function layersOf(bands) {
  const layers = new Map();
  for (const band of bands) {
    const side = band.side === "middle" || band.kind === "event" ? "" : `, ${band.side}`;
    const name = `${KIND_NAMES[band.kind]}${side}`;
    if (!layers.has(name)) layers.set(name, []);
    layers.get(name).push(band);
  }
  for (const layer of layers.values()) layer.sort((one, other) => one.start_s - other.start_s);
  return layers;
}

class Layers {
  #listeners = [];
  #layers = new Map();

  constructor(people, choice, label) {
    people.onChange(({ bands }) => {
      this.#layers = layersOf(bands);
      const names = [...this.#layers.keys()];
      const kept = names.includes(choice.value) ? choice.value : names[0];
      choice.replaceChildren(...names.map((name) => new Option(name, name, name === kept, name === kept)));
      label.hidden = names.length < 2;
      this.#show(kept);
    });
    choice.addEventListener("change", () => this.#show(choice.value));
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  #show(name) {
    this.bands = this.#layers.get(name) ?? [];
    for (const listener of this.#listeners) listener();
  }
}

/** Buttons and keys that lead from band to band. */
class Marks {
  #player;
  #layers;

  constructor(player, layers, previous, next) {
    this.#player = player;
    this.#layers = layers;
    const offer = () => (previous.hidden = next.hidden = !layers.bands.length);
    layers.onChange(offer);
    offer();
    previous.addEventListener("click", () => this.previous());
    next.addEventListener("click", () => this.next());
  }

  next() {
    const ahead = this.#frames().find((frame) => frame > this.#player.frame);
    if (ahead !== undefined) this.#player.seekFrame(ahead);
  }

  previous() {
    const behind = this.#frames().findLast((frame) => frame < this.#player.frame);
    if (behind !== undefined) this.#player.seekFrame(behind);
  }

  #frames() {
    return this.#layers.bands.map(({ start_s: start }) => nearest(this.#player.times, start));
  }
}
