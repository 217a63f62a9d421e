/* On paper, in the place of the player: the picture and the skeleton of the moment that the page shows. */

const PAPER_HEIGHT = 300;
const PAPER_VIEWS = [0, 3]; // from the front and from the right
const ENOUGH_TO_DRAW = 2; // HTMLMediaElement.HAVE_CURRENT_DATA

class Paper {
  #host;
  #player;
  #view;
  #video;

  constructor(host, player, view, video) {
    this.#host = host;
    this.#player = player;
    this.#view = view;
    this.#video = video;
    theme.onChange(() => host.replaceChildren(...(theme.printing ? this.#figures() : [])));
  }

  #figures() {
    const figures = [];
    if (this.#video.readyState >= ENOUGH_TO_DRAW && this.#video.videoHeight) figures.push(["Picture", this.#videoPicture()]);
    if (this.#view.bodies.length) {
      for (const number of PAPER_VIEWS) {
        figures.push([`Skeleton, ${VIEWS[number].name.toLowerCase()}`, this.#view.picture(number, PAPER_HEIGHT * 0.8, PAPER_HEIGHT)]);
      }
    }
    const moment = `${this.#player.time.toFixed(2)} s, frame ${this.#player.frame}`;
    return figures.map(([name, canvas]) => {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = `${name} at ${moment}`;
      figure.append(canvas, caption);
      return figure;
    });
  }

  #videoPicture() {
    const { videoWidth, videoHeight } = this.#video;
    const canvas = document.createElement("canvas");
    canvas.height = Math.min(videoHeight, PAPER_HEIGHT * PAPER_FINENESS);
    canvas.width = Math.round((videoWidth * canvas.height) / videoHeight);
    canvas.getContext("2d").drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
}
