import subprocess
import sys

import pytest

from neuropose_ray import analysis

#: What NeuroPose's analyzer offers.
NEUROPOSES = """
    predictions_to_numpy normalize_pose_sequence pad_sequences procrustes_align ProcrustesMode AlignmentDiagnostics
    extract_joint_angles FeatureStatistics extract_feature_statistics find_peaks DTWResult AlignMode Representation
    NanPolicy dtw_all dtw_per_joint dtw_relation JOINT_NAMES JOINT_INDEX joint_index AxisLetter joint_axis
    joint_pair_distance joint_speed joint_angle extract_signal segment_by_peaks segment_predictions
    segment_gait_cycles segment_gait_cycles_bilateral slice_predictions load_config analysis_config_to_dict
    run_analysis save_report load_report
""".split()  # noqa: SIM905  a table of words
HEAVY = {"ray", "scipy", "numba", "pandas", "pyarrow", "matplotlib", "cv2"}


@pytest.mark.parametrize("name", NEUROPOSES)
def test_neuroposes_names_are_all_there(name):
    assert getattr(analysis, name) is not None
    assert name in dir(analysis)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"neuropose_ray\.analysis attribute dance"):
        _ = analysis.dance


def test_importing_it_loads_nothing_heavy():
    names = ", ".join(NEUROPOSES)
    for code in ("import neuropose_ray.analysis", f"from neuropose_ray.analysis import {names}"):
        script = f"import sys; {code}; print(*(sys.modules.keys() & {HEAVY!r}))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.split() == []
