"""`neuropose-ray` in this process, for what a command refuses: as a program of its own it would mostly import."""

import sys

import pytest

from neuropose_ray.cli import main


def answer_of(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command that fails, and so ends the program itself.

    Args:
        words: what comes after the program's name.
    """
    monkeypatch.setattr(sys, "argv", ["neuropose-ray", *map(str, words)])
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capfd.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err
