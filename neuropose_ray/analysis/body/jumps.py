"""The height of jumps, by the centre of mass and by the time of flight, with their disagreement as doubt."""

from __future__ import annotations

import math

from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.records import Jump
from neuropose_ray.analysis.body.settings import GRAVITY
from neuropose_ray.analysis.uncertainty.records import ErrorBand

#: The heights of a jump that differ by more than this share of their mean, and by more than so much, contradict
#: each other.
_CONTRADICTION, _CONTRADICTION_M = 0.3, 0.05


def jump_record(number: int, flight: Flight, frame_s: float, lift_m: float) -> Jump:
    """A jump with the bands of its flight time and its height.

    Take-off and landing lie between frames, each right to a quarter of the time between two, and feet count as
    lifted only from some height on. The band of the height reaches over both ways of finding it, and by what these
    two make on either side.

    Args:
        number: from 1.
        flight: of the jump.
        frame_s: from one frame to the next.
        lift_m: from which height on feet count as lifted.
    """
    by_centre, by_time = flight.rise_m, flight.rise_by_duration_m
    half_time = math.hypot(frame_s / 2, lift_m / (GRAVITY * flight.duration_s / 2))
    half = math.hypot(GRAVITY * flight.duration_s / 4 * frame_s / 2, lift_m)
    apart, height = abs(by_centre - by_time), (by_centre + by_time) / 2
    reason = ""
    if apart > max(_CONTRADICTION * height, _CONTRADICTION_M):
        reason = (
            f"the height of jump {number} cannot be relied on: the centre of mass rises by {by_centre:.2f} m, but "
            f"flights of {flight.duration_s:.2f} s reach {by_time:.2f} m"
        )
    return Jump(
        number=number,
        start_s=flight.start_s,
        end_s=flight.end_s,
        flight_time_s=flight.duration_s,
        height_m=height,
        height_by_centre_m=by_centre,
        height_by_flight_time_m=by_time,
        take_off=flight.take_off,
        landing=flight.landing,
        band=ErrorBand(
            low=max(0.0, min(by_centre, by_time) - half),
            high=max(by_centre, by_time) + half,
            unit="m",
            reliable=not reason,
            reason=reason,
        ),
        flight_time_band=ErrorBand(
            low=max(0.0, flight.duration_s - half_time), high=flight.duration_s + half_time, unit="s"
        ),
    )
