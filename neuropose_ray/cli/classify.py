"""`neuropose-ray classify`: how well the movements of a cohort are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.dtw_matrix import Representation
from neuropose_ray.cli.motions import ENGINE_HELP, Where, cleaned_motions, who_compares
from neuropose_ray.cli.options import Address, CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, one_person, person_option
from neuropose_ray.cli.tables import TextTable, print_table
from neuropose_ray.errors import InputError
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.analysis import (
        Classification,
        ClassificationSettings,
        FailedTrial,
        LabelledPath,
        Motion,
        TrialSource,
    )


class Classifier(StrEnum):
    """How a trial's movement is found."""

    NEAREST = "nearest"
    MULTIROCKET = "multirocket"


def classify(
    labels: Annotated[Path, typer.Argument(help="CSV table with the columns trial, subject, label.")],
    classifier: Annotated[
        Classifier, typer.Option(help="nearest: of the nearest trials; multirocket: needs the extra classify.")
    ] = Classifier.NEAREST,
    neighbours: Annotated[int, typer.Option(min=1, help="nearest: trials that have a vote.")] = 1,
    representation: Annotated[
        Representation, typer.Option(help="angles of the large joints, or coords: joints around the hips, mm.")
    ] = Representation.ANGLES,
    person: Annotated[
        Person, person_option(f"{PERSON_HELP} Not all: a label is of one.", by_number=None)
    ] = Person.LONGEST,
    capture_fps: CaptureFps = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all numbers to this JSON file, - for standard output.")
    ] = None,
    engine: Annotated[Where, typer.Option(help=ENGINE_HELP)] = Where.AUTO,
    address: Address = None,
) -> None:
    """Tell movements apart, and say how well it is done for people who were never seen before.

    Each subject is held out once (leave-one-subject-out cross-validation): a trial's movement is found from the
    trials of all other subjects alone. A trial is OUT/NAME, predictions.parquet or JSON, relative to the table's
    folder; each is cleaned as `analyze` does, and --person says who is meant. A trial that cannot be used is
    listed and left out; the exit code is then 1.

    - accuracy: share of the trials whose movement was found
    - balanced accuracy: its mean over the movements, so that frequent ones do not count for more
    - baseline: accuracy of always naming the most frequent movement of the other subjects

    Example: neuropose-ray classify trials.csv --json classification.json
    """
    from neuropose_ray.analysis import (
        ChannelSettings,
        ClassificationSettings,
        MultiRocketSettings,
        NearestNeighbourSettings,
        read_labels,
    )
    from neuropose_ray.schemas.json_files import save_model

    rule = one_person(person, "classify")
    rows = read_labels(labels)
    nearest = classifier is Classifier.NEAREST
    settings = ClassificationSettings(
        channels=ChannelSettings(representation=representation.value),
        classifier=NearestNeighbourSettings(neighbours=neighbours) if nearest else MultiRocketSettings(),
    )
    motions = cleaned_motions(_sources(rows, labels), rule, capture_fps)
    result = _classified(rows, motions, settings, engine if nearest else Where.LOCAL, address)
    if json_file == Path("-"):
        typer.echo(result.model_dump_json(indent=2))
    else:
        _print(result)
        if json_file is not None:
            save_model(json_file, result)
            typer.echo(json_file)
    raise typer.Exit(1 if result.errors else 0)


def _sources(rows: Sequence[LabelledPath], table: Path) -> list[TrialSource]:
    """One source for each row, in order, under names that tell them apart.

    Raises:
        InputError: a row names several trials, or the trial of another row.
    """
    from neuropose_ray.analysis import expand_trials

    sources = expand_trials(str(row.path) for row in rows)
    if [source.path for source in sources] == [row.path for row in rows]:
        return sources
    known: set[Path] = set()
    for row in rows:
        if row.path in known:
            raise InputError(f"{row.path} is there twice", where=str(table), hint="name every trial once")
        known.add(row.path)
        trials = len(expand_trials([str(row.path)]))
        if trials != 1 or expand_trials([str(row.path)])[0].path != row.path:
            raise InputError(
                f"{row.path} holds {trials} trials", where=str(table), hint="name one trial in each line"
            )
    return sources


def _classified(
    rows: Sequence[LabelledPath],
    motions: Sequence[Motion | FailedTrial],
    settings: ClassificationSettings,
    engine: Where,
    address: str | None,
) -> Classification:
    from neuropose_ray.analysis import FailedTrial, LabelledTrial, cross_validate

    trials, errors = [], {}
    for row, motion in zip(rows, motions, strict=True):
        if isinstance(motion, FailedTrial):
            errors[motion.name] = motion.error
        else:
            trials.append(LabelledTrial(motion, row.label, row.subject))
    with who_compares(len(trials), engine, address) as distances:
        return cross_validate(trials, settings, errors=errors, distances=distances)


def _print(result: Classification) -> None:
    console = Console(highlight=False)
    subjects = counted(len(result.accuracy_by_subject), "subject")
    scores = (
        ("trials", f"{len(result.trials)} of {subjects}"),
        ("accuracy", f"{result.accuracy:.1%}"),
        ("balanced accuracy", f"{result.balanced_accuracy:.1%}"),
        ("baseline", f"{result.baseline_accuracy:.1%}"),
    )
    print_table(console, TextTable(("", ""), scores))
    console.print()
    confusion = tuple(
        (label, *map(str, counts)) for label, counts in zip(result.classes, result.confusion, strict=True)
    )
    headings = ("true movement", *(f"found {label}" for label in result.classes))
    print_table(console, TextTable(headings, confusion))
    console.print()
    by_subject = tuple((subject, f"{accuracy:.1%}") for subject, accuracy in result.accuracy_by_subject.items())
    print_table(console, TextTable(("subject held out", "accuracy"), by_subject))
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True)
    for name, error in result.errors.items():
        console.print(f"failed: {name}: {error}", style="red", markup=False, soft_wrap=True)
