"""Entry of `ray job submit`: measure the frames of videos and frame folders on the cluster that runs the job.

Example:
    ray job submit --address http://127.0.0.1:8265 --working-dir . -- \
        python jobs/curate.py --input /data/cameras --out /data/results
"""

import sys

from neuropose_ray.cli import main

#: A job's driver runs inside the cluster, which Ray names to it in RAY_ADDRESS.
DEFAULTS = ["--engine", "ray"]


def arguments(given: list[str]) -> list[str]:
    """The job's arguments as those of `neuropose-ray curate run`: each --input is one of its inputs."""
    words, inputs, rest = iter(given), [], []
    for word in words:
        if word == "--input":
            inputs.append(next(words, ""))
        elif word.startswith("--input="):
            inputs.append(word.removeprefix("--input="))
        else:
            rest.append(word)
    return ["curate", "run", *DEFAULTS, *rest, *inputs]


if __name__ == "__main__":
    sys.argv[1:] = arguments(sys.argv[1:])
    main()
