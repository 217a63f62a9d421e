"""A job of a running service: upload a video, follow its progress, and fetch the results.

::

    neuropose-ray serve
    python -m neuropose_ray.examples.service_client walk.mp4 --out results
"""

# ruff: noqa: T201  (an example prints)

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from neuropose_ray.service import ServiceClient


def submit_and_fetch(video: Path, out: Path, url: str, token: str | None) -> None:
    """Submit one video as a job, wait for its end, and download what it has made.

    Args:
        video: file on this machine; it is streamed to the service.
        out: folder for the results.
        url: address of the service.
        token: API token, where the service asks for one.
    """
    with ServiceClient(url, token) as service:
        # Sent twice with the same key, a request makes one job: after a broken connection, send it again.
        job = service.submit([video], labels={"session": "example"})
        print(f"job {job.id}")
        for event in service.events(job.id):
            job = event
            print(f"{job.state}: {job.progress.percent:.0f} %")
        if job.error is not None:
            sys.exit(f"{job.error.code}: {job.error.message}")
        for file in service.download(service.job(job.id), out):
            print(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=submit_and_fetch.__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token")
    submit_and_fetch(**vars(parser.parse_args()))
