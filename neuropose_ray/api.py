"""Runs over videos as users ask for them: by the command line's settings, or from Python by :func:`process`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose_ray.models import ModelSpec, PoseModelSpec, download_progress, expected_model, resolve_model
from neuropose_ray.pipeline import (
    Engine,
    NullReporter,
    ProgressReporter,
    ResultStore,
    RunSettings,
    RunSummary,
    TerminalReporter,
    listed_inputs,
    local_inputs,
    output_folder,
    require_calibration,
    run,
    started_engine,
)
from neuropose_ray.settings import ENVIRONMENT_PREFIX, load_layers, merged_layers

if TYPE_CHECKING:
    from neuropose_ray.curation import FrameMetric, MetricRegistry
    from neuropose_ray.pipeline import CurationSummary, RunPlan

#: Where copies of remote inputs are kept, below the output folder that all workers see.
_FETCHED_FOLDER = ".fetched"


def process(
    inputs: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    model: str | PoseModelSpec | None = None,
    engine: str | Mapping[str, Any] | None = None,
    config: str | Path | None = None,
    work_folder: str | Path | None = None,
    wait: bool = False,
    quiet: bool = False,
    **settings: Any,
) -> RunSummary:
    """Find the people in videos and write their 3D poses, as `neuropose-ray process` does.

    Every video gets a folder OUT/NAME, which :func:`neuropose_ray.read` opens. What is there already is not computed
    again; a video that cannot be read never stops the others, and is an error in the summary.

    What is not given has the value of the command line: from ``config``, else from NEUROPOSE_ variables of the
    environment, else the default.

    ::

        summary = neuropose_ray.process("trials/*.mp4", "results", fitting={"height_m": 1.82})

    Args:
        inputs: one or several of: video files, folders of videos, folders of numbered images, still images, patterns,
            and s3:// or gs:// URLs.
        out: folder for the results, or an s3:// or gs:// URL.
        model: ``blazepose``, ``metrabs``, a path or URL of a MeTRAbs SavedModel; or a pose model of your own.
        engine: ``local`` (threads of this process), ``ray``, or ``auto``; or settings of the engine, such as
            ``{"kind": "ray", "address": "auto", "workers": 8}``.
        config: YAML file of settings.
        work_folder: with a URL as ``out``: where results are made before they are stored.
        wait: wait for another run into the same folder to end, instead of refusing.
        quiet: show no progress on standard error.
        **settings: any other part of the settings, named and nested as in the YAML file.

    Returns:
        What became of every input.

    Raises:
        SettingsError: a name or value is wrong.
        InputNotFoundError: an input does not exist, or a folder holds no video.
        ModelError: the pose model cannot be had or loaded.
        EngineError: Ray cannot be reached or started.
        RunLockedError: another run writes into ``out``.
        OutputError: the results cannot be written.
    """
    given: dict[str, Any] = {**settings, "engine": {"kind": engine} if isinstance(engine, str) else engine}
    own_model = None if model is None or isinstance(model, str) else model
    if own_model is None:
        given["model"] = model
    listed = [inputs] if isinstance(inputs, str | Path) else inputs
    folder, store = output_folder(_expanded(out), None if work_folder is None else Path(_expanded(work_folder)))
    return run_with(
        run_settings(None if config is None else Path(_expanded(config)), given),
        [_expanded(item) for item in listed],
        folder,
        model=own_model,
        store=store,
        wait=wait,
        quiet=quiet,
    )


def run_settings(config: Path | None, flags: Mapping[str, Any]) -> RunSettings:
    """The settings of a run, put together as by :func:`~neuropose_ray.service.load_settings`.

    Files and variables may set the service as well. Where there are none its settings, more than those of a run, are
    not built.

    Args:
        config: YAML file of settings.
        flags: the same nesting; values that are None were not given.

    Raises:
        SettingsError: the file cannot be read, or a value or key is wrong.
    """
    has_variables = any(name.startswith(ENVIRONMENT_PREFIX) for name in os.environ)
    if config is None and not has_variables and flags.keys() <= RunSettings.model_fields.keys():
        return load_layers(RunSettings, None, flags)
    from neuropose_ray.service import load_settings

    return load_settings(config, flags)


def curate(
    inputs: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    config: str | Path | None = None,
    profile: str | None = None,
    engine: str | Mapping[str, Any] | None = None,
    metrics: Sequence[FrameMetric] = (),
    wait: bool = False,
    quiet: bool = False,
    **settings: Any,
) -> CurationSummary:
    """Measure every frame of videos and frame folders, and find what is wrong with it, as `neuropose-ray curate run`.

    Every stream gets a folder OUT/NAME with frames.parquet, a row for each frame, and idle.parquet. What is there
    already is not measured again, and another threshold decodes nothing. No pose model is loaded.

    ::

        summary = neuropose_ray.curate("cameras/", "results", blur={"threshold": 120})

    Args:
        inputs: as of :func:`process`.
        out: folder for the results; it may be that of poses, whose people are then counted.
        config: YAML file, or ``FILE.py:NAME``.
        profile: ``local-cpu``, ``gpu-single`` or ``high-throughput``.
        engine: as of :func:`process`.
        metrics: that are measured besides the built-in ones.
        wait: wait for another run into the same folder to end, instead of refusing.
        quiet: show no progress on standard error.
        **settings: any part of the settings of curation, named and nested as in the YAML file.

    Returns:
        What was found in every input.

    Raises:
        SettingsError: a name or value is wrong.
        InputNotFoundError: an input does not exist, or a folder holds no video.
        EngineError: Ray cannot be reached or started.
        RunLockedError: another run writes into ``out``.
        OutputError: the results cannot be written.
    """
    listed = [inputs] if isinstance(inputs, str | Path) else inputs
    given = {"curation": settings, "engine": {"kind": engine} if isinstance(engine, str) else engine}
    return curate_with(
        None if config is None else _expanded(config),
        profile,
        given,
        [_expanded(item) for item in listed],
        Path(_expanded(out)),
        metrics=metrics,
        wait=wait,
        quiet=quiet,
    )


def curate_with(
    config: str | None,
    profile_name: str | None,
    given: Mapping[str, Any],
    inputs: Sequence[str],
    out: Path,
    *,
    metrics: Sequence[FrameMetric] = (),
    wait: bool = False,
    quiet: bool = False,
) -> CurationSummary:
    """A run of curation with the engine and the progress that a user asks for.

    Args:
        config: YAML file, or ``FILE.py:NAME``.
        profile_name: of the profile; what else is given wins over it.
        given: settings, nested as in the YAML file; what is None was not given.
        inputs: as users write them.
        out: the run's folder.
        metrics: that are measured besides the built-in ones.
        wait: wait for another run in the folder to end.
        quiet: show no progress.

    Raises:
        NeuroposeRayError: as :func:`curate`.
    """
    from neuropose_ray.curation import GivenConfig, MetricRegistry, read_config
    from neuropose_ray.curation import profile as profile_settings

    file = GivenConfig() if config is None else read_config(config)
    layers = ({} if profile_name is None else profile_settings(profile_name), file.settings, given)
    settings = run_settings(None, merged_layers(*layers))
    registry = MetricRegistry.default(settings.curation)
    for metric in (*file.metrics, *metrics):
        registry = registry.with_frame_metric(metric)
    paths = local_inputs(inputs, out / _FETCHED_FOLDER)
    with (
        closing(TerminalReporter(quiet=quiet, what="frames")) as progress,
        started_engine(settings.engine, None, run_name=f"curation of {out.name}") as engine,
    ):
        return _curated(settings, paths, out, engine, progress, wait=wait, registry=registry)


def _curated(
    settings: RunSettings,
    paths: Sequence[Path],
    out: Path,
    engine: Engine,
    progress: ProgressReporter,
    *,
    wait: bool,
    registry: MetricRegistry | None = None,
) -> CurationSummary:
    from neuropose_ray.pipeline import curate as curate_run

    return curate_run(
        paths,
        out,
        settings=settings.curation,
        engine=engine,
        progress=progress,
        registry=registry,
        video=settings.video,
        max_attempts=settings.engine.max_attempts,
        wait=wait,
    )


def run_with(
    settings: RunSettings,
    inputs: Sequence[str],
    out: Path,
    *,
    model: PoseModelSpec | None = None,
    store: ResultStore | None = None,
    wait: bool = False,
    quiet: bool = False,
    progress: ProgressReporter | None = None,
) -> RunSummary:
    """A run with the engine, the model and the progress that a user asks for.

    Args:
        settings: of the run; they name the pose model and the engine.
        inputs: as users write them.
        out: the run's folder.
        model: instead of the one that the settings name.
        store: object store that gets the results.
        wait: wait for another run in the folder to end.
        quiet: show no progress.
        progress: told of it instead of the terminal.

    Raises:
        NeuroposeRayError: as :func:`process`.
    """
    require_calibration(settings.camera)
    paths = local_inputs(inputs, out / _FETCHED_FOLDER)
    quiet = quiet or progress is not None
    spec = model or named_model(settings, quiet=quiet)
    with (
        closing(TerminalReporter(quiet=quiet)) as terminal,
        closing(TerminalReporter(quiet=quiet, what="frames")) as measuring,
        started_engine(settings.engine, spec, run_name=f"poses of {out.name}") as engine,
    ):
        reporter = progress or terminal
        if settings.skipped_flags:  # which frames these are, before their poses are looked for
            _curated(settings, paths, out, engine, progress or measuring, wait=wait)
        summary = run(
            paths, out, settings=settings, spec=spec, engine=engine, progress=reporter, wait=wait, store=store
        )
        if settings.curate or settings.skipped_flags:  # what lies in frames.parquet by now is not measured again
            _curated(settings, paths, out, engine, NullReporter(), wait=wait)
        return summary


def plan_with(settings: RunSettings, inputs: Sequence[str], out: Path) -> RunPlan:
    """What :func:`run_with` would do; nothing is written and nothing fetched.

    Raises:
        NeuroposeRayError: as :func:`process`.
    """
    from neuropose_ray.pipeline import plan_run

    require_calibration(settings.camera)
    paths, remote = listed_inputs(inputs, out / _FETCHED_FOLDER)
    spec = expected_model(settings)
    with started_engine(settings.engine, spec, run_name=f"plan of {out.name}") as engine:
        plan = plan_run(paths, out, settings=settings, spec=spec, engine=engine, remote=remote)
    return plan.model_copy(update={"fetches_weights": not spec.weights.path.exists()})


def _expanded(path: str | Path) -> str:
    """A path with the user's home for ``~``, as a shell gives it to the command; a URL as it is."""
    return str(path) if "://" in str(path) else str(Path(path).expanduser())


def named_model(settings: RunSettings, *, quiet: bool = False) -> ModelSpec:
    """The pose model that settings name; a download of its weights is shown.

    Raises:
        ModelError: the weights cannot be had.
        OutputError: their cache cannot be written.
    """
    with download_progress(settings.model, quiet=quiet) as progress:
        return resolve_model(settings, progress)
