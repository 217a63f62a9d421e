"""The numbers of a report as compact JSON that the page's script decodes.

An array is an object ``{"type": "Float32Array", "base64": "..."}`` of little-endian numbers, flat, its last axis the
fastest; NaN stays NaN in it. Single numbers that are not known are null.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose_ray.render import (
    Band,
    Comparison,
    Curve,
    CycleCurve,
    PersonTrack,
    QualityStrip,
    ReportContent,
    Side,
    body_edges,
    edge_sides,
    head_of,
    head_radius_mm,
    trunk_joints,
)
from neuropose_ray.report.page.framing import frame_person
from neuropose_ray.report.page.markup import shown_unit
from neuropose_ray.schemas.skeleton import Skeleton

Json = dict[str, Any]

# float32 has 7 digits: 0.01 mm at 100 m. Times have 10, since a long video's frames must stay apart.
_TYPES = {"Float32Array": "<f4", "Float64Array": "<f8", "Int32Array": "<i4"}


def report_json(content: ReportContent) -> str:
    """All numbers of the page, as JSON that may stand inside a script element whatever the text in it says."""
    text = json.dumps(report_data(content), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def report_data(content: ReportContent) -> Json:
    """What :func:`report_json` writes."""
    times = content.timestamps_s
    return {
        "times": _array(times, "Float64Array"),
        "videoSeconds": content.video_seconds,
        "skeleton": _skeleton(content.skeleton),
        "people": [_person(person, content.skeleton, times) for person in content.people],
        "comparison": content.comparison and _comparison(content.comparison, content.skeleton),
    }


def mean_and_sd(values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and SD of the sample (divided by n - 1) over the known ones of ``(cycles, points)``.

    Returns:
        ``(points,)`` each; the mean is NaN where no cycle is known, the SD where fewer than two are.
    """
    known = np.isfinite(values)
    n = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, filled.sum(axis=0) / n, np.nan)
        squares = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
        return mean, np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)


def _array(values: ArrayLike, kind: str = "Float32Array") -> Json:
    array = np.ascontiguousarray(values, dtype=_TYPES[kind])
    return {"type": kind, "base64": base64.b64encode(array.tobytes()).decode("ascii")}


def _skeleton(skeleton: Skeleton) -> Json:
    head, sides = head_of(skeleton), dict(zip(skeleton.edges, edge_sides(skeleton), strict=True))
    edges = body_edges(skeleton)
    return {
        "joints": len(skeleton),
        "edges": edges,
        "sides": [_side(sides[edge]) for edge in edges],
        "head": head
        and {"joints": head.joints, "middle": head.middle, "nose": head.nose, "shoulders": head.shoulders},
        "trunk": trunk_joints(skeleton),
    }


def _body(positions: NDArray[np.floating], skeleton: Skeleton, times: NDArray[np.floating]) -> Json:
    """Positions from the first to the last frame in which anything is seen: a crowd's short tracks stay small."""
    framing = frame_person(positions, skeleton, times)
    known = _stretch(np.isfinite(positions).any(axis=(1, 2)))
    return {
        "first": known.start,
        "positions": _array(positions[known]),
        "heading": _array(framing.heading_rad),
        "meanHeading": framing.mean_heading_rad,
        "centre": _array(framing.centre_mm),
        "floor": _array(framing.floor_mm),
        "height": framing.height_mm,
        "reach": framing.reach_mm,
        "headRadius": head_radius_mm(positions, skeleton),
    }


def _person(person: PersonTrack, skeleton: Skeleton, times: NDArray[np.floating]) -> Json:
    return {
        "id": person.track_id,
        "main": person.main,
        "seen": int(np.isfinite(person.positions).any(axis=(1, 2)).sum()),
        **_body(person.positions, skeleton, times),
        "curves": [_curve(curve) for curve in person.curves],
        "bands": [_band(band) for band in person.bands],
        "cycles": [_cycle(cycle) for cycle in person.cycles],
        "strips": [_strip(strip) for strip in person.quality.strips],
    }


def _strip(strip: QualityStrip) -> Json:
    return {
        "label": strip.label,
        "good": strip.good,
        "doubt": strip.doubt,
        "full": strip.full,
        "values": _array(strip.values),
    }


def _curve(curve: Curve) -> Json:
    """Both lines from the first to the last frame in which either is known."""
    both = curve.raw if curve.cleaned is None else np.stack([curve.raw, curve.cleaned])
    known = _stretch(np.isfinite(np.atleast_2d(both)).any(axis=0))
    return {
        **_named(curve),
        "first": known.start,
        "raw": _array(curve.raw[known]),
        "cleaned": None if curve.cleaned is None else _array(curve.cleaned[known]),
        "definition": curve.definition,
        "unreliable": curve.unreliable,
    }


def _stretch(known: NDArray[np.bool_]) -> slice:
    """From the first to the last that is known; empty where nothing is."""
    places = np.flatnonzero(known)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


def _cycle(cycle: CycleCurve) -> Json:
    mean, sd = mean_and_sd(cycle.values)
    return {
        **_named(cycle),
        "unreliable": cycle.unreliable,
        "percent": _array(cycle.percent),
        "values": _array(cycle.values),
        "mean": _array(mean),
        "sd": _array(sd),
    }


def _named(curve: Curve | CycleCurve) -> Json:
    return {"name": curve.name, "label": curve.label, "unit": shown_unit(curve.unit), "side": _side(curve.side)}


def _band(band: Band) -> Json:
    return {
        **asdict(band),
        "side": _side(band.side),
        "peak_s": band.peak_s if band.peak_s is not None and math.isfinite(band.peak_s) else None,
    }


def _comparison(comparison: Comparison, skeleton: Skeleton) -> Json:
    return {
        "names": [comparison.name_a, comparison.name_b],
        "times": _arrays([comparison.times_a_s, comparison.times_b_s], "Float64Array"),
        "bodies": [
            _body(comparison.positions_a, skeleton, comparison.times_a_s),
            _body(comparison.positions_b, skeleton, comparison.times_b_s),
        ],
        "path": _arrays(comparison.path.T, "Int32Array"),
        "joints": comparison.joint_names,
        "deviation": _array(comparison.deviation_mm),
    }


def _arrays(values: Sequence[ArrayLike] | NDArray[np.integer], kind: str) -> list[Json]:
    return [_array(array, kind) for array in values]


def _side(side: Side) -> str:
    return side.name.lower()
