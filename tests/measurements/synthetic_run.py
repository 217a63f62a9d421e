"""``python synthetic_run.py VIDEO OUT ENGINE [ADDRESS]``: a run with the synthetic model, killed from outside."""

import sys
from pathlib import Path

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.settings import load_settings

FRAME_MS = 2.0


def main() -> None:
    video, out, engine, *address = sys.argv[1:]
    flags = {"engine": {"kind": engine, "workers": 2}, "video": {"chunk_frames": SCENE_FRAMES}}
    if address:
        flags["engine"]["address"] = address[0]
    settings, spec = load_settings(None, flags, {}), SyntheticSpec(FRAME_MS)
    with started_engine(settings.engine, spec, "endurance") as started:
        summary = run([Path(video)], Path(out), settings=settings, spec=spec, engine=started, progress=NullReporter())
    sys.exit(0 if summary.all_well else 1)


if __name__ == "__main__":
    main()
