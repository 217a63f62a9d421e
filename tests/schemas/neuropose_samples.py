"""NeuroPose's own files, written by hand; its schema of them is in :mod:`support.neuropose_loader`."""

from support.neuropose_loader import NeuroPoseResults, NeuroPoseVideo

__all__ = ["NeuroPoseResults", "NeuroPoseVideo"]


def pose(joints, axes, start=0.0):
    return [[start + joint + axis / 10 for axis in range(axes)] for joint in range(joints)]


def frame(persons=1, joints=43):
    return {
        "boxes": [[10.5, 20.0, 100.0, 300.25, 0.9]] * persons,
        "poses3d": [pose(joints, 3, 1000.0 * person) for person in range(persons)],
        "poses2d": [pose(joints, 2) for _ in range(persons)],
    }


def video_version_1(frames=None):
    """Version 1 has neither a version nor a provenance."""
    frames = [frame(), frame(0), frame(2)] if frames is None else frames
    return {
        "metadata": {"frame_count": len(frames), "fps": 25.0, "width": 640, "height": 480},
        "frames": {f"frame_{index:06d}": value for index, value in enumerate(frames)},
        "segmentations": {},
    }


def video_version_2(frames=None):
    return {
        "schema_version": 2,
        **video_version_1(frames),
        "segmentations": {
            "right_heel_strikes": {
                "config": {
                    "extractor": {"kind": "joint_axis", "joint": 41, "axis": 1, "invert": False},
                    "person_index": 0,
                    "min_distance_seconds": 0.4,
                    "min_prominence": None,
                    "min_height": None,
                    "pad_seconds": 0.0,
                    "method": "valley_to_valley_v1",
                },
                "segments": [{"start": 0, "end": 3, "peak": 1}],
            }
        },
        "provenance": {
            "model_sha256": "fa31b5b043f227588c3d224e56db89307d021bfbbb52e36028919f90e1f96c89",
            "model_filename": "metrabs_eff2l_y4_384px_800k_28ds.tar.gz",
            "tensorflow_version": "2.18.0",
            "tensorflow_metal_version": None,
            "numpy_version": "2.0.2",
            "neuropose_version": "0.1.0.dev0",
            "python_version": "3.11.7",
            "seed": None,
            "deterministic": False,
            "analysis_config": None,
        },
    }
