"""Jumps and running, told from each other by the feet that push off and land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.schemas.immutable import ReadOnlyMapping

Array = NDArray[np.float64]

#: Every measure's name, with its unit, and what it is.
RUNNING_MEASURES: Mapping[str, str] = ReadOnlyMapping(
    {
        "running_speed_m_per_s": "of the centre of mass over the floor, from the first take-off to the last landing",
        "running_cadence_steps_per_min": "60 over the time from take-off to the next take-off",
        "running_flight_time_s": "both feet off the floor",
        "running_contact_time_s": "from landing to the next take-off",
    }
)
#: Between the take-offs of two steps of one run; slow runners take 0.45 s.
_LONGEST_STEP_S = 0.8


@dataclass(frozen=True, slots=True)
class Run:
    """Flights of running that follow each other.

    Attributes:
        flights: ascending in time.
        speed_m_per_s: over the floor.
    """

    flights: tuple[Flight, ...]
    speed_m_per_s: float

    def measures(self) -> dict[str, float]:
        """The numbers of :data:`RUNNING_MEASURES`; NaN where there are too few steps for them."""
        starts = np.array([flight.start_s for flight in self.flights])
        ends = np.array([flight.end_s for flight in self.flights])
        several = len(self.flights) > 1
        return {
            "running_speed_m_per_s": self.speed_m_per_s,
            "running_cadence_steps_per_min": 60 / float(np.diff(starts).mean()) if several else float("nan"),
            "running_flight_time_s": float((ends - starts).mean()),
            "running_contact_time_s": float((starts[1:] - ends[:-1]).mean()) if several else float("nan"),
        }


def find_runs(
    flights: Sequence[Flight], timestamps_s: Array, centre_m: Array, up: Array, settings: BodySettings
) -> tuple[Run, ...]:
    """The runs among the flights of a body: each flight leads from one foot to the other one.

    Args:
        flights: ascending in time.
        timestamps_s: ``(frames,)``.
        centre_m: ``(frames, 3)`` the centre of mass.
        up: ``(3,)`` away from the floor.
        settings: how fast a single step with a flight is running.
    """
    groups: list[list[Flight]] = []
    for flight in (flight for flight in flights if flight.is_running_step):
        last = groups[-1][-1] if groups else None
        if last is not None and last.landing == flight.take_off and flight.start_s - last.start_s <= _LONGEST_STEP_S:
            groups[-1].append(flight)
        else:
            groups.append([flight])
    runs = [Run(tuple(group), _speed(group, timestamps_s, centre_m, up)) for group in groups]
    return tuple(run for run in runs if len(run.flights) > 1 or run.speed_m_per_s >= settings.running_speed_m_per_s)


def jumps_among(flights: Sequence[Flight], runs: Sequence[Run]) -> tuple[Flight, ...]:
    """The flights that are no running: jumps, hops and leaps."""
    running = {flight for run in runs for flight in run.flights}
    return tuple(
        flight for flight in flights if flight not in running and not any(_between(flight, run) for run in runs)
    )


def _between(flight: Flight, run: Run) -> bool:
    """Whether a flight whose feet were not told apart lies within a run or follows it as its next step would."""
    return run.flights[0].start_s - _LONGEST_STEP_S <= flight.start_s <= run.flights[
        -1
    ].start_s + _LONGEST_STEP_S and flight.duration_s <= 2 * max(step.duration_s for step in run.flights)


def _speed(flights: Sequence[Flight], timestamps_s: Array, centre_m: Array, up: Array) -> float:
    level = centre_m - (centre_m @ up)[:, None] * up
    known = np.isfinite(level).all(1)
    ends = [
        np.array([np.interp(time, timestamps_s[known], axis) for axis in level[known].T])
        for time in (flights[0].start_s, flights[-1].end_s)
    ]
    return float(np.linalg.norm(ends[1] - ends[0]) / (flights[-1].end_s - flights[0].start_s))
