"""Print how fast a report of 10,000 frames is in chromium: ``python tests/measurements/report_speed.py [frames]``."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.report_contents import squats

from neuropose_ray.report.page.page import write_report

# When the slider can be used, and when the page was busy for longer than a person does not notice.
_WATCH = """
window.busy = [];
new PerformanceObserver((list) => busy.push(...list.getEntries())).observe({ entryTypes: ["longtask"] });
new MutationObserver(() => {
  const transport = document.getElementById("transport");
  if (transport && !transport.hidden) window.usable ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
_LAST_BUSY = "Math.max(usable, ...busy.map(({ startTime, duration }) => startTime + duration))"
_SCRUB = """async () => {
  const slider = document.getElementById("time");
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < 3000) {
    slider.value = String((frames * 37) % Number(slider.max));
    slider.dispatchEvent(new Event("input"));
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    frames += 1;
  }
  return frames / ((performance.now() - start) / 1000);
}"""


def main(frames: int) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "report.html"
        start = time.perf_counter()
        write_report(path, squats(frames), None)
        print(
            f"{frames} frames, two people: {path.stat().st_size / 1e6:.1f} MB in {time.perf_counter() - start:.2f} s"
        )
        flags = ["--headless", "--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(_WATCH)
            page.goto(path.as_uri())
            page.wait_for_timeout(3000)
            usable, idle = page.evaluate(f"[usable, {_LAST_BUSY}]")
            print(f"slider usable after {usable:.0f} ms, nothing blocks it after {idle:.0f} ms", end="; ")
            rate = page.evaluate(_SCRUB)
            start = time.perf_counter()
            page.evaluate("document.getElementById('charts').scrollIntoView()")
            page.wait_for_selector("#cycle-chart .main-svg", state="attached")
            charts_s = time.perf_counter() - start
            print(f"scrubbing {rate:.0f} frames/s; charts {charts_s:.1f} s after they come into sight", end="; ")
            print(f"scrubbing with charts {page.evaluate(_SCRUB):.0f} frames/s")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
