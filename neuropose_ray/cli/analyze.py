"""`neuropose-ray analyze`: from poses to numbers, for one trial or many."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.analysis_tables import print_cohort, print_outline, print_report
from neuropose_ray.cli.console import print_error
from neuropose_ray.cli.motions import Where, connected_ray, on_ray
from neuropose_ray.cli.options import Address, CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, Track, person_option, require_one_choice
from neuropose_ray.errors import NeuroposeRayError, SettingsError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from neuropose_ray.analysis import AnalysisConfig, CohortReport, Outcomes, TrialTask

CONFIG_SUFFIXES = (".yaml", ".yml")
#: A trial takes about half a second, and a process about a second to start.
PROCESSES_FROM_TRIALS = 8


def analyze(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="CONFIG.yaml, or trials: OUT/NAME, OUT (all in it), .parquet, .json, patterns."),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="The configuration, as an option.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Report. [default: see above]")] = None,
    track: Track = None,
    person_index: Annotated[
        int, typer.Option(min=0, help="With tracks 1 is the second by --person, ...; else the place in a frame.")
    ] = 0,
    person: Annotated[Person, person_option(f"{PERSON_HELP} all: each in a report of their own.")] = Person.LONGEST,
    capture_fps: CaptureFps = None,
    neuropose_exact: Annotated[
        bool,
        typer.Option(
            "--neuropose-exact",
            help="With a configuration: NeuroPose's numbers, by its rule of segments and by fastdtw.",
        ),
    ] = False,
    engine: Annotated[
        Where,
        typer.Option(help="For many trials: local (the cores of this machine), ray, or auto: ray with an address."),
    ] = Where.AUTO,
    address: Address = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Clean the poses, and measure angles, repetitions, gait and the whole body.

    Without a configuration: the field's usual cleaning (confidence, left-right swaps, outliers, short gaps, 6 Hz
    low-pass), clinical angles, the repetitions of whatever movement repeats with duration, range, speed, smoothness
    and symmetry, a gait table where somebody walks, and the whole body: centre of mass, energies, jumps, running
    (segment masses are the mean of women's and men's; `body: {masses: female}` in a configuration). A trial's
    report is analysis.json beside its predictions; of several trials there are also cohort.json, cohort.csv (a trial
    in a row, every column with its unit) and cohort_long.csv (a number in a row) in the folder above. A bad trial
    never stops the rest; the exit code is then 1.

    Numbers are of one person: who is seen longest, unless --track (`neuropose-ray people OUT/NAME` shows who is who)
    or --person says another; the first line says which of how many it is. --person all analyses each in turn.

    A configuration (YAML) chooses person, cleaning, segmentation, comparison with a reference and all settings;
    NeuroPose's are read as they are. Its inputs are looked for below the working folder, then beside the file.

    For example:

    neuropose-ray analyze results/squat

    neuropose-ray analyze results/two_people --person all

    neuropose-ray analyze results --engine ray

    neuropose-ray analyze study.yaml --output study.json

    ```yaml
    config_version: 1
    inputs: {primary: results/walk_after, reference: results/walk_before}
    preprocessing: {cleaning: {}}
    segmentation: {kind: gait_cycles_bilateral}
    analysis: {kind: dtw, align: procrustes_per_sequence, nan_policy: interpolate}
    output: {report: walk.json}
    ```
    """
    from neuropose_ray.analysis import load_config, with_neuropose_rules

    trials = list(inputs or [])
    if config is None and len(trials) == 1 and Path(trials[0]).suffix in CONFIG_SUFFIXES:
        config = Path(trials.pop())
    if (config is None) == (not trials):
        raise SettingsError("give either a configuration or trials", hint="see neuropose-ray analyze --help")
    if config is None:
        if neuropose_exact:
            raise SettingsError("--neuropose-exact goes with a configuration", hint="NeuroPose analyses nothing else")
        chosen = _usual(trials, output, track, person_index, person, capture_fps)
    else:
        if track is not None or person_index or person is not Person.LONGEST or capture_fps is not None:
            what = "the person is" if capture_fps is None else "capture_fps is"
            raise SettingsError(f"{what} chosen in the configuration", where=str(config), hint="preprocessing")
        chosen = with_neuropose_rules(load_config(config)) if neuropose_exact else load_config(config)
        if output is not None:
            chosen = chosen.model_copy(update={"output": chosen.output.model_copy(update={"report": output})})
    if chosen.inputs.trials:
        _analyze_many(chosen, engine, address, each_beside=config is None, as_json=as_json)
    else:
        _analyze_one(chosen, as_json=as_json)


def _usual(
    trials: list[str],
    output: Path | None,
    track: int | None,
    person_index: int,
    person: Person,
    capture_fps: float | None,
) -> AnalysisConfig:
    """The configuration of who gives none."""
    from neuropose_ray.analysis import InputsConfig, cohort_report, default_analysis, expand_trials, report_beside

    if track is not None and person_index:
        raise SettingsError("give either --track or --person-index")
    require_one_choice(track, person)
    if person is Person.ALL and person_index:
        raise SettingsError("--person all leaves nobody to choose by --person-index")
    sources = expand_trials(trials)
    if len(sources) == 1 and person is not Person.ALL:
        given = InputsConfig(primary=sources[0].path, primary_video=sources[0].video)
        report = output or report_beside(sources[0])
    else:
        given, report = InputsConfig(trials=tuple(trials)), output or cohort_report(sources)
    return default_analysis(
        given, report, track=track, person_index=person_index, person=person.value, capture_fps=capture_fps
    )


def _analyze_one(config: AnalysisConfig, *, as_json: bool) -> None:
    from neuropose_ray.analysis import run_analysis, save_report

    report = run_analysis(config)
    save_report(config.output.report, report)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
        return
    print_report(report)
    typer.echo(f"wrote analysis report to {config.output.report}")
    print_outline(report)


def _analyze_many(
    config: AnalysisConfig, engine: Where, address: str | None, *, each_beside: bool, as_json: bool
) -> None:
    from neuropose_ray.analysis import (
        analyse_here,
        analyse_in_processes,
        analyse_on_ray,
        cohort_tasks,
        run_cohort,
        save_cohort,
        write_tidy_csv,
        write_wide_table,
    )

    tasks = cohort_tasks(config)
    is_on_ray = on_ray(engine, address)
    without_ray = analyse_in_processes if len(tasks) >= PROCESSES_FROM_TRIALS else analyse_here
    with connected_ray(address) if is_on_ray else nullcontext(), _progress(len(tasks), quiet=as_json) as watch:
        cohort = run_cohort(config, tasks, watch((analyse_on_ray if is_on_ray else without_ray)(tasks)))
    unwritten = _write_each(tasks, cohort) if each_beside else 0
    save_cohort(config.output.report, cohort)
    table = config.output.report.with_suffix(".csv")
    long_table = table.with_name(f"{table.stem}_long.csv")
    write_wide_table(table, cohort.trials)
    write_tidy_csv(long_table, cohort.trials)
    if as_json:
        typer.echo(cohort.model_dump_json(indent=2))
    else:
        print_cohort(cohort)
        typer.echo(f"wrote {config.output.report}, {table} and {long_table}")
    raise typer.Exit(1 if cohort.failed or unwritten else 0)


def _write_each(tasks: Sequence[TrialTask], cohort: CohortReport) -> int:
    """Write each trial's report beside its predictions; how many could not be written."""
    from neuropose_ray.analysis import report_beside, save_report

    unwritten = 0
    for task, outcome in zip(tasks, cohort.trials, strict=True):
        try:
            if outcome.report is not None:
                save_report(report_beside(task.source, task.track), outcome.report)
        except NeuroposeRayError as error:
            print_error(f"report of {outcome.name}: {error}")
            unwritten += 1
    return unwritten


class _Watch:
    """Shows how many trials are done: a bar on a terminal, a line now and then elsewhere, on standard error."""

    def __init__(self, console: Console, bar: Bar | None, total: int) -> None:
        self._console, self._bar, self._total = console, bar, total
        self._task = None if bar is None else bar.add_task("trials", total=total)

    def __call__(self, outcomes: Outcomes) -> Outcomes:
        from neuropose_ray.pipeline import LINE_EVERY_S

        last_line = time.perf_counter()
        for done, (index, outcome) in enumerate(outcomes, 1):
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=done)
            elif time.perf_counter() - last_line >= LINE_EVERY_S:
                last_line = time.perf_counter()
                self._console.print(f"{done} of {self._total} trials, last {outcome.name}", markup=False)
            yield index, outcome


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[_Watch]:
    from rich.progress import Progress as Bar

    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        yield _Watch(console, None, total)
        return
    with Bar(console=console, transient=True) as bar:
        yield _Watch(console, bar, total)
