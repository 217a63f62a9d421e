"""An opened report, and a video whose frames say which one they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose_ray.video.write import VideoWriter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Of the report that several tests look at.
FRAMES = 240

_BITS, _BLOCK_PX = 10, 16
_WAIT_S = 30.0

# The number in the picture that the video shows now.
_SHOWN_FRAME = f"""() => {{
  const video = document.getElementById("video");
  const canvas = new OffscreenCanvas({_BITS * _BLOCK_PX}, {_BLOCK_PX});
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  context.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < {_BITS}; bit += 1) {{
    const [grey] = context.getImageData(bit * {_BLOCK_PX} + {_BLOCK_PX // 2}, {_BLOCK_PX // 2}, 1, 1).data;
    if (grey > 128) number += 1 << bit;
  }}
  return video.seeking ? -1 : number;
}}"""

# Where the pixels of a canvas are that have a colour of the theme, also a paler one.
_COLOURS = """(selector) => {
  const canvas = document.querySelector(selector);
  const { width, height } = canvas;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const style = getComputedStyle(document.documentElement);
  const found = {};
  for (const name of ["left", "right", "middle", "doubt", "good"]) {
    const hex = style.getPropertyValue(`--${name}`).trim();
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const seen = { count: 0, left: width, top: height, right: 0, bottom: 0 };
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const away = wanted.reduce((sum, value, at) => sum + Math.abs(value - data[4 * pixel + at]), 0);
      if (data[4 * pixel + 3] < 150 || away > 100) continue;
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      seen.count += 1;
      seen.left = Math.min(seen.left, x);
      seen.right = Math.max(seen.right, x);
      seen.top = Math.min(seen.top, y);
      seen.bottom = Math.max(seen.bottom, y);
    }
    found[name] = seen;
  }
  return found;
}"""

# Strokes on canvases and changes of the charts, counted from now on.
_COUNT_WORK = """() => {
  window.work = { strokes: 0, changes: 0 };
  const { prototype } = CanvasRenderingContext2D;
  const stroke = prototype.stroke;
  prototype.stroke = function (...path) { work.strokes += 1; return stroke.apply(this, path); };
  const watch = new MutationObserver((changes) => (work.changes += changes.length));
  for (const svg of document.querySelectorAll(".chart svg")) {
    watch.observe(svg, { subtree: true, childList: true, attributes: true });
  }
}"""


def write_numbered_video(path: Path, frames: int, rate_hz: float) -> Path:
    """Frame n shows n as a row of white and black squares, the lowest bit first."""
    bits = np.arange(frames)[:, None] >> np.arange(_BITS) & 1
    with VideoWriter(path, width=_BITS * _BLOCK_PX, height=_BLOCK_PX) as writer:
        for frame, row in enumerate(bits):
            grey = np.repeat(np.repeat(row[None], _BLOCK_PX, 0), _BLOCK_PX, 1).astype(np.uint8) * 255
            writer.write(np.repeat(grey[..., None], 3, axis=2), frame / rate_hz)
    return path


class ReportPage:
    """A report in a browser, and what the browser asked for and complained of."""

    def __init__(self, chromium: "Browser", path: Path, size: tuple[int, int] = (1280, 800), **context: Any) -> None:
        """Open the report in a window of a size in pixels, and wait until its slider can be used."""
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **context)
        self.page = self._context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        """The page and all that it holds."""
        self._context.close()

    def run(self, script: str) -> Any:
        """The value of an expression, or of a function, in the page."""
        return self.page.evaluate(script)

    def until(self, script: str) -> None:
        """Wait for an expression to become true; the page's policy forbids playwright's own way of waiting."""
        for _ in range(round(_WAIT_S / 0.02)):
            if self.run(script):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"this did not come true in {_WAIT_S:.0f} s: {script}; complaints: {self.complaints}")

    def seek(self, frame: int) -> None:
        """Move the slider, and wait until video and skeleton are there."""
        self.page.locator("#time").fill(str(frame))
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is on the screen."""
        self.run("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if self.run("!document.getElementById('video-pane').hidden"):
            self.until(f"({_SHOWN_FRAME})() === Number(document.getElementById('time').value)")

    def box(self, selector: str) -> dict[str, float]:
        """Where the first element of a selector is in the window: left, top, right, bottom."""
        box: dict[str, float] = self.run(f"""() => {{
            const {{ left, top, right, bottom }} = document.querySelector({selector!r}).getBoundingClientRect();
            return {{ left, top, right, bottom }};
        }}""")
        return box

    def colours(self, canvas: str) -> dict[str, dict[str, float]]:
        """How many pixels of a canvas are near each colour of the theme, and where: left, top, right, bottom."""
        colours: dict[str, dict[str, float]] = self.run(f"({_COLOURS})({canvas!r})")
        return colours

    def show_charts(self) -> None:
        """Scroll to the curves, and wait for the charts there."""
        self.run("document.getElementById('charts').scrollIntoView()")
        self.until("!!document.querySelector('#curve-chart .nsewdrag')")

    def count_work(self) -> None:
        """Begin to count strokes and changes of charts, in ``window.work``."""
        self.run(_COUNT_WORK)

    @property
    def frame(self) -> int:
        """Where the slider stands."""
        return int(self.run("Number(document.getElementById('time').value)"))

    @property
    def shown_frame(self) -> int:
        """The number in the video's picture."""
        return int(self.run(_SHOWN_FRAME))

    @property
    def skeleton(self) -> str:
        """The skeleton's picture."""
        return str(self.run("document.getElementById('body').toDataURL()"))
