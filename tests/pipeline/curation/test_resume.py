"""A run of curation that died goes on to the same files, and so does one on a cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.curated import PLANTED_FRAMES, digests, run, write_planted

from neuropose_ray.curation import CurationSettings
from neuropose_ray.pipeline.curation.run import curate
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.pipeline.state.progress import NullReporter


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted") / "cam")


class KilledError(BaseException):
    """Stands for the death of the process at one point."""


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, count: int) -> Iterator[None]:
    """Let the process "die" at the ``count``-th time that it renames or removes a file."""
    left = [count]
    rename, replace = os.rename, os.replace

    def dying(real):
        def call(*arguments, **options):
            # The lease of a process that lives on, as this one does, is not free; a killed one's is.
            left[0] -= not any("lease" in str(argument) for argument in arguments)
            if left[0] == 0:
                left[0] = -1
                raise KilledError
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", dying(rename))
        patch.setattr(os, "replace", dying(replace))
        yield


def _deaths(monkeypatch: pytest.MonkeyPatch, planted: Path, tmp_path: Path, counts: range) -> None:
    run(planted, tmp_path / "whole", batch_size=64)
    whole = digests(tmp_path / "whole")
    for count in counts:
        out = tmp_path / f"killed {count}"
        with killed_at(monkeypatch, count), suppress(KilledError):
            run(planted, out, batch_size=64)
        summary = run(planted, out, batch_size=64)
        assert summary.all_well, count
        assert digests(out) == whole, count


@pytest.mark.slow
def test_a_run_that_died_goes_on_to_the_same_files(monkeypatch: pytest.MonkeyPatch, planted: Path, tmp_path: Path):
    _deaths(monkeypatch, planted, tmp_path, range(3, 40, 12))


@pytest.mark.endurance
def test_wherever_a_run_dies_it_goes_on_to_the_same_files(
    monkeypatch: pytest.MonkeyPatch, planted: Path, tmp_path: Path
):
    _deaths(monkeypatch, planted, tmp_path, range(1, 51))


@pytest.mark.ray
@pytest.mark.slow
def test_on_a_cluster_the_files_are_the_same(ray_cluster: str, planted: Path, tmp_path: Path):
    run(planted, tmp_path / "local")
    settings = EngineSettings(kind="ray", address=ray_cluster, workers=1)
    with started_engine(settings, None, "curation") as engine:
        summary = curate(
            [planted], tmp_path / "ray", settings=CurationSettings(batch_size=64), engine=engine,
            progress=NullReporter(),
        )  # fmt: skip
    assert (summary.frames_decoded, summary.engine) == (PLANTED_FRAMES, "ray")
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")
