"""What a report shows: plain records of arrays and text, made elsewhere.

Times are seconds on the clock of ``ReportContent.timestamps_s``. NaN and None mean that a value is not known, and are
shown as gaps or left empty, never as 0. Text is shown as it is, markup in it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Curve:
    """One number over time, such as a joint angle.

    Attributes:
        name: the same for the left and the right one, which are shown in one chart ("knee_flexion").
        label: what the chart is called ("Knee flexion").
        unit: of both arrays ("deg", shown as the degree sign; "mm").
        side: of the body.
        raw: ``(frames,)`` as the pose model saw it, before the fit and the cleaning; NaN where not known.
        cleaned: ``(frames,)`` after both, None where nothing was fitted or cleaned.
        definition: one sentence: between what it is measured, and what a positive number means.
        unreliable: why the curve cannot be relied on, in one sentence; empty where it can.
    """

    name: str
    label: str
    unit: str
    side: Side
    raw: Floats
    cleaned: Floats | None
    definition: str
    unreliable: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the video with a name. Bands of one kind and side make one layer, of which one is shown at a time.

    Attributes:
        kind: "event" is a moment: its end is its start.
        label: a short one ("3"), or an event's name ("heel strike").
        side: of the body.
        start_s: where it begins.
        end_s: where it ends.
        peak_s: its turning point, None where it has none.
        complete: false where its start or its end is not in the video.
    """

    kind: Literal["repetition", "cycle", "event"]
    label: str
    side: Side
    start_s: float
    end_s: float
    peak_s: float | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class CycleCurve:
    """A curve cut into repetitions or cycles, each stretched to the same length; mean and SD are made of them.

    Attributes:
        name: that of its :class:`Curve`, beside which it is shown.
        label: as the curve's.
        unit: of ``values``.
        side: of the body.
        percent: ``(points,)`` of the cycle, 0 to 100.
        values: ``(cycles, points)``, NaN where not known.
        unreliable: why the curve cannot be relied on, in one sentence; empty where it can.
    """

    name: str
    label: str
    unit: str
    side: Side
    percent: Floats
    values: Floats
    unreliable: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        label: its head.
        unit: below the head; empty for none.
        decimals: of its numbers.
    """

    label: str
    unit: str = ""
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number in a table of which it is known how far off it may be.

    Attributes:
        value: None where it is not known.
        low: between which and ``high`` the true value lies; None where that is not known.
        high: likewise.
        unreliable: why the number cannot be relied on, in one sentence; empty where it can.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    unreliable: str = ""


#: What a table's cell holds; None and NaN are shown as a dash.
Cell = str | float | Estimate | None


@dataclass(frozen=True, slots=True)
class Table:
    """Repetitions, gait events, gait parameters and the like.

    Attributes:
        title: its heading.
        columns: from left to right.
        rows: a cell for each column.
        seek_s: for each row the time to which a click on it leads, None for none; empty where no row leads anywhere.
        note: sentences below it, such as how the numbers are defined.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    seek_s: tuple[float | None, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Check that all rows are as long as the head.

        Raises:
            ValueError: they are not, or ``seek_s`` is for another number of rows.
        """
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table {self.title!r} has not {len(self.columns)} cells")
        if self.seek_s and len(self.seek_s) != len(self.rows):
            raise ValueError(f"the table {self.title!r} has {len(self.rows)} rows and {len(self.seek_s)} times")


@dataclass(frozen=True, slots=True)
class QualityStrip:
    """One row below the time slider.

    Attributes:
        label: its name ("Confidence", "Gaps", "Interpolated", "Track changes").
        values: ``(frames,)`` from 0, NaN where not known.
        good: True: high values are good; False: values mark something to look out for, such as a gap.
        doubt: values on the bad side of it are doubtful and are shown so; others are as they should be.
        full: the value that fills the strip.
        unit: of the values where they are written: "%" for shares, written times 100; "yes or no" where 1 is yes;
            empty for a score.
    """

    label: str
    values: Floats
    good: bool
    doubt: float
    full: float = 1.0
    unit: Literal["", "%", "yes or no"] = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the numbers can be trusted.

    Attributes:
        strips: from top to bottom.
        summary: a sentence each ("The person is seen in 98 % of the frames.").
    """

    strips: tuple[QualityStrip, ...] = ()
    summary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its text, as the report's head, its provenance and a comparison list them.

    Attributes:
        label: what it is.
        value: its text.
        folded: whether it is long and seldom read, such as all settings, and is shown on request alone.
    """

    label: str
    value: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two trials brought together by dynamic time warping. A is the trial of the report's video, B the other one.

    Attributes:
        name_a: of the trial that the video shows.
        name_b: of the other.
        times_a_s: ``(frames_a,)`` on the clock of the report's video.
        times_b_s: ``(frames_b,)`` on its own clock.
        positions_a: ``(frames_a, joints, 3)`` in mm, camera axes, NaN where missing, moved, turned and scaled as it
            was compared: it is drawn over ``positions_b`` as it is.
        positions_b: ``(frames_b, joints, 3)``, likewise.
        path: ``(steps, 2)`` whole numbers: pairs of a frame of A and a frame of B, ascending in both.
        joint_names: one for each row of ``deviation_mm``.
        deviation_mm: ``(joints, steps)`` distance of each joint from its counterpart, NaN where not known.
        facts: distance, what was compared and how.
    """

    name_a: str
    name_b: str
    times_a_s: Floats
    times_b_s: Floats
    positions_a: Floats
    positions_b: Floats
    path: NDArray[np.integer]
    joint_names: tuple[str, ...]
    deviation_mm: Floats
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonTrack:
    """One person over all frames, and what was found of the person.

    Attributes:
        track_id: the number by which the overlay calls the person.
        positions: ``(frames, joints, 3)`` in mm, camera axes (x right, y down, z forward), NaN where missing.
        main: whether the page begins with this person; true for one at most.
        facts: coverage, movement and the like, as text with units.
        description: the numbers in plain words, a paragraph each.
        curves: in the order in which they are offered.
        bands: repetitions, cycles, events.
        cycles: curves over the cycle.
        tables: in the order of the page.
        quality: of this person's poses.
        warnings: what the reader must know before believing the numbers, a sentence each.
    """

    track_id: int
    positions: Floats
    main: bool = False
    facts: tuple[Fact, ...] = ()
    description: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    bands: tuple[Band, ...] = ()
    cycles: tuple[CycleCurve, ...] = ()
    tables: tuple[Table, ...] = ()
    quality: Quality = Quality()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportContent:
    """All that a report shows. Every part but the first four may be empty; what is empty is left out of the page.

    Attributes:
        title: the heading, mostly the video's name.
        facts: of the video: frame rate, frames, duration, date, as text with units.
        skeleton: of all people, and of a comparison.
        timestamps_s: ``(frames,)`` ascending times of what was filmed.
        people: the tracks, at most one of them the main one.
        tables: that are not of one person alone, as of a comparison.
        warnings: that hold whoever is looked at.
        provenance: model, digest, settings, versions.
        citation: how to cite.
        comparison: of the main person with another trial.
        predictions_sha256: of the file of predictions that it was made from; None where it is not known.
        video_seconds: how long the video takes for one second of ``timestamps_s``: more than 1 in slow motion.
    """

    title: str
    facts: tuple[Fact, ...]
    skeleton: Skeleton
    timestamps_s: NDArray[np.float64]
    people: tuple[PersonTrack, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: tuple[Fact, ...] = ()
    citation: str = ""
    comparison: Comparison | None = None
    predictions_sha256: str | None = None
    video_seconds: float = 1.0

    def __post_init__(self) -> None:
        """Check the shapes against each other.

        Raises:
            ValueError: they do not fit, or two people are the main one.
        """
        frames = len(self.timestamps_s)
        shape = (frames, len(self.skeleton), 3)
        for person in self.people:
            if person.positions.shape != shape:
                raise ValueError(f"track {person.track_id} has positions {person.positions.shape}, not {shape}")
            for label, values in _series(person):
                if values.shape != (frames,):
                    raise ValueError(f"{label!r} has values {values.shape}, not {(frames,)}")
        if sum(person.main for person in self.people) > 1:
            raise ValueError("more than one person is the main one")

    @property
    def main(self) -> PersonTrack | None:
        """The person with whom the page begins; None where nobody is seen."""
        return next((person for person in self.people if person.main), None)


def _series(person: PersonTrack) -> Iterator[tuple[str, Floats]]:
    """Everything of a person that has a value for each frame, with its label."""
    for curve in person.curves:
        yield curve.label, curve.raw
        if curve.cleaned is not None:
            yield curve.label, curve.cleaned
    for strip in person.quality.strips:
        yield strip.label, strip.values
