"""Settings of steps: what stands in a workflow below ``with`` is checked, and read back as it was written."""

import pytest
from pydantic import ValidationError

from neuropose_ray.service.jobs.workflows import OPTIONS

WRONG = [
    ("pose", "height_m", 0.2), ("pose", "height_m", 3.0), ("pose", "image_fps", 0), ("pose", "capture_fps", 0),
    ("pose", "camera", {"fov": 3}),
    ("analyze", "segmentation", {"kind": "dance"}), ("analyze", "inputs", {}), ("overlay", "joint_score", 2),
    ("report", "track", "first"), ("report", "settings", {"unknown": 1}), ("export", "formats", []),
    ("export", "formats", ["doc"]), ("text", "language", "la"), ("text", "endpoint", {"url": "http://127.0.0.1/v1"}),
    ("compare", "job", "../elsewhere"), ("compare", "settings", {"angles": "knee"}), ("annotate", "kind", "voc"),
    ("annotate", "excluded", ["ugly"]), ("annotate", "min_score", 2),
]  # fmt: skip
GIVEN = {
    "pose": {
        "model": "metrabs",
        "height_m": 1.8,
        "camera": {"field_of_view_degrees": 67},
        "fit": False,
        "capture_fps": 240,
    },
    "analyze": {"segmentation": None},
    "overlay": {"blur_faces": True, "angles": ["knee"], "view": "left"},
    "report": {"track": 1, "with_video": False},
    "export": {"formats": ["trc", "c3d"], "track": 0, "poses": "model"},
    "text": {"language": "de"},
    "curate": {"settings": {"blur": {"threshold": 120}}, "sheet": False, "image_fps": 25},
    "compare": {"reference": "/norms/gait", "reference_track": 1, "settings": {"min_coverage": 0.3}},
    "annotate": {"kind": "yolo-pose", "excluded": ["blurred"], "min_score": 0.5},
}


@pytest.mark.parametrize(("kind", "name", "value"), WRONG)
def test_wrong_values_and_unknown_names_are_refused_by_name(kind: str, name: str, value: object):
    needed = {"formats": ["trc"]} if kind == "export" else {}
    with pytest.raises(ValidationError, match=name):
        OPTIONS[kind].model_validate({**needed, name: value})


@pytest.mark.parametrize("kind", list(OPTIONS))
def test_settings_are_read_back_as_they_are_written(kind: str):
    options = OPTIONS[kind].model_validate(GIVEN[kind])
    assert OPTIONS[kind].model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize("kind", [kind for kind in OPTIONS if kind != "export"])
def test_a_step_needs_no_settings_unless_it_is_an_export(kind: str):
    assert OPTIONS[kind]() == OPTIONS[kind].model_validate({})
