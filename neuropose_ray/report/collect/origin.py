"""Where a report's numbers come from, and whom to cite for them."""

from __future__ import annotations

import json

import numpy as np

from neuropose_ray import __version__
from neuropose_ray.analysis import Trial
from neuropose_ray.render import Fact
from neuropose_ray.report.collect.movement import Movement
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.report.settings import ReportSettings

_BLAZEPOSE = (
    "V. Bazarevsky, I. Grishchenko, K. Raveendran, T. Zhu, F. Zhang, M. Grundmann, 'BlazePose: On-device Real-time "
    "Body Pose Tracking', CVPR Workshop on Computer Vision for Augmented and Virtual Reality, 2020, "
    "arXiv:2006.10204. I. Grishchenko et al., 'BlazePose GHUM Holistic: Real-time 3D Human Landmarks and Pose "
    "Estimation', 2022, arXiv:2206.11678."
)
_METRABS = (
    "I. Sárándi, T. Linder, K. O. Arras, B. Leibe, 'MeTRAbs: Metric-Scale Truncation-Robust Heatmaps for Absolute 3D "
    "Human Pose Estimation', IEEE Transactions on Biometrics, Behavior, and Identity Science 3(1), 2021. "
    "I. Sárándi, A. Hermans, B. Leibe, 'Learning 3D Human Pose Estimation from Dozens of Datasets using a "
    "Geometry-Aware Autoencoder to Bridge Between Skeleton Formats', WACV 2023."
)
_SOFTWARE = f"neuropose-ray {__version__}, software for 3D motion analysis from video."


def video_facts(trial: Trial) -> tuple[Fact, ...]:
    """What the line below the title says of the video."""
    metadata, times = trial.header.metadata, trial.table.timestamps_s
    facts = [
        Fact("Video", metadata.filename or trial.name),
        Fact("Frames", f"{len(times)}"),
        Fact("Picture", f"{metadata.width} x {metadata.height} px"),
    ]
    if len(times) > 1:
        facts.insert(2, Fact("Frame rate", f"{1 / np.median(np.diff(times)):.4g} per second"))
        facts.insert(3, Fact("Duration", f"{times[-1] - times[0]:.2f} s"))
    if trial.header.provenance is not None and trial.header.provenance.created_at is not None:
        facts.append(Fact("Processed", f"{trial.header.provenance.created_at:%Y-%m-%d %H:%M} UTC"))
    return tuple(facts)


def person_facts(person: ReportedPerson, movement: Movement) -> tuple[Fact, ...]:
    """What it says of the person."""
    return (
        Fact("Person", person.trial.person(track=person.track).who),
        Fact("Seen in", f"{person.raw.coverage:.0%} of the frames"),
        Fact("Movement", movement.summary),
    )


def provenance_facts(trial: Trial, settings: ReportSettings) -> tuple[Fact, ...]:
    """Model, digests, settings and versions, so that the numbers can be made again."""
    header = trial.header
    facts = [
        Fact("Report made by", f"neuropose-ray {__version__}"),
        Fact("Skeleton", f"{header.skeleton.name}, {len(header.skeleton)} joints"),
        Fact("Axes and units", f"{header.axes}; mm"),
    ]
    if header.camera is not None:
        facts.append(
            Fact("Camera", f"{header.camera.source}, field of view {header.camera.field_of_view_degrees:.1f} degrees")
        )
    made = header.provenance
    report_settings = _settings_fact("Settings of the report", settings.model_dump(mode="json"))
    if made is None:
        return (*facts, Fact("Predictions", "the file does not say what made them"), report_settings)
    predictions = {
        "Predictions SHA-256": trial.sha256 or "",
        "Pose model": made.model_name or made.model_filename,
        "Weights": f"{made.model_filename}, SHA-256 {made.model_sha256}",
        "Runtime": ", ".join(part for part in (made.runtime, made.device) if part),
        "Video SHA-256": made.video_sha256 or "",
        "Predictions made by": f"{made.neuropose_version}, Python {made.python_version}",
        "Packages": ", ".join(f"{name} {version}" for name, version in made.package_versions.items()),
    }
    return (
        *facts,
        *(Fact(label, value) for label, value in predictions.items() if value),
        _settings_fact("Settings of the pose model", made.model_dump(mode="json")["settings"]),
        report_settings,
    )


def citation_of(trial: Trial) -> str:
    """The pose model's papers, where it is a known one, and this software."""
    made = trial.header.provenance
    name = f"{made.model_name} {made.model_filename}".lower() if made else ""
    papers = [paper for model, paper in (("blazepose", _BLAZEPOSE), ("metrabs", _METRABS)) if model in name]
    return " ".join([*papers, _SOFTWARE])


def _settings_fact(label: str, settings: object) -> Fact:
    return Fact(label, json.dumps(settings, indent=2), folded=True)
