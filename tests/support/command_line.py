"""`neuropose-ray` in this process: as a program of its own a short command would mostly import."""

import subprocess
import sys

import pytest

from neuropose_ray.cli import main


def typed_here(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Type a command that needs no process of its own; how the program starts and ends is for others.

    Args:
        capfd: has what is printed.
        monkeypatch: puts the words and the environment back.
        words: what comes after the program's name.
        environment: variables besides those of this process.
    """
    monkeypatch.setattr(sys, "argv", ["neuropose-ray", *map(str, words)])
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capfd.readouterr()
    return subprocess.CompletedProcess(sys.argv, int(ended.value.code or 0), printed.out, printed.err)
