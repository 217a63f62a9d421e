"""Commands as the entries of `ray job submit`, on the cluster that runs the job."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from neuropose_ray.cli.main import main


def run_on_cluster(*command: str) -> None:
    """Run a command with the arguments of this process, by the engine of the cluster.

    A job's driver runs inside the cluster, which Ray names to it in RAY_ADDRESS.

    Args:
        command: its words, such as "curate", "run".
    """
    sys.argv[1:] = command_line(command, sys.argv[1:])
    main()


def command_line(command: Sequence[str], given: Sequence[str]) -> list[str]:
    """The command with a job's arguments as its own: each ``--input`` is one of its inputs, the rest is passed on.

    Options of the job come behind the default engine, so that the last word is theirs.
    """
    words, inputs, rest = iter(given), [], []
    for word in words:
        if word == "--input":
            inputs.append(next(words, ""))
        elif word.startswith("--input="):
            inputs.append(word.removeprefix("--input="))
        else:
            rest.append(word)
    return [*command, "--engine", "ray", *rest, *inputs]
