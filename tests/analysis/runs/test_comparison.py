"""The kind dtw: primary against reference, with NeuroPose's numbers where it has them."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.runs.samples import LEFT_HEEL, PHANTOM_SKELETON, RIGHT_HEEL, heels
from fastdtw import fastdtw
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.procrustes import procrustes_align
from neuropose_ray.analysis.runs.comparison import compare_motions
from neuropose_ray.analysis.runs.config import DtwConfig
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.segmentation import JointAxis, Segment, Segmentation, SegmentationConfig
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import known_skeleton

BILATERAL = {"kind": "gait_cycles_bilateral"}
FASTDTW = {"method": "fastdtw"}
MHAD = known_skeleton("berkeley_mhad_43")
SLOW, QUICK = heels(30), heels(24, seed=1)


def flat(positions):
    return positions.reshape(len(positions), -1)


def test_neuroposes_distance_of_two_whole_trials(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "warping": FASTDTW})
    distance, path = fastdtw(flat(SLOW), flat(QUICK), radius=1, dist=2)
    assert report.results.segment_labels == ("full_trial",)
    assert report.results.distances[0] == pytest.approx(distance, rel=1e-9)
    assert list(report.results.paths[0]) == path
    assert report.results.summary == dict.fromkeys(("mean", "p50", "p95", "p99"), pytest.approx(distance))


def test_the_exact_distance_is_the_default_and_never_larger(run):
    exact = run(SLOW, QUICK, {"kind": "dtw"}).results.distances[0]
    assert exact <= run(SLOW, QUICK, {"kind": "dtw", "warping": FASTDTW}).results.distances[0]


def test_neuroposes_alignment_of_trials_of_one_length_is_not_resampled(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "align": "procrustes_per_sequence", "warping": FASTDTW})
    aligned, _, _ = procrustes_align(SLOW, QUICK)
    assert report.results.distances[0] == pytest.approx(fastdtw(flat(aligned), flat(QUICK), radius=1, dist=2)[0])
    assert report.results.time_normalised_points is None


def test_distances_per_joint_add_up_and_are_listed(run):
    results = run(SLOW, QUICK, {"kind": "dtw", "method": "dtw_per_joint"}).results
    assert len(results.per_joint_distances[0]) == 43
    assert results.distances[0] == pytest.approx(sum(results.per_joint_distances[0]))


def test_a_relation_is_of_two_joints_by_name_or_place(run):
    named = {"kind": "dtw", "method": "dtw_relation", "joint_i": "lhee", "joint_j": "right_heel"}
    placed = named | {"joint_i": LEFT_HEEL, "joint_j": RIGHT_HEEL}
    assert run(SLOW, QUICK, named).results == run(SLOW, QUICK, placed).results


def test_cycles_of_different_length_are_resampled_to_be_aligned(run):
    report = run(SLOW, QUICK, {"kind": "dtw", "align": "procrustes_per_sequence"}, BILATERAL)
    assert report.results.time_normalised_points == 101
    assert "resampled to 101 points: left_heel_strikes[0]" in report.warnings[0]
    assert set(report.segmentations) == {"left_heel_strikes", "right_heel_strikes"}
    # The same movement in another tempo: a millimetre of noise per joint is all that is left.
    assert max(report.results.distances) < 101 * np.sqrt(43) * 3


def test_pairs_of_cycles_are_labelled_and_the_shorter_list_counts(run):
    results = run(SLOW, QUICK, {"kind": "dtw"}, BILATERAL)
    mine = run(SLOW, segmentation=BILATERAL).segmentations["left_heel_strikes"].segments
    labels = [label for label in results.results.segment_labels if label.startswith("left")]
    assert labels == [f"left_heel_strikes[{place}]" for place in range(len(mine))]
    assert any("segments in the primary" in warning for warning in results.warnings)


def test_without_a_segment_there_are_no_distances_and_no_error(run):
    still = np.repeat(SLOW[:1], 60, axis=0)
    results = run(still, SLOW, {"kind": "dtw"}, {"kind": "gait_cycles"}).results
    assert (results.distances, results.paths, results.summary) == ((), (), {})


def test_a_missed_detection_does_not_stop_an_analysis(run):
    missed = np.where(np.arange(90)[:, None, None] == 40, np.nan, SLOW)
    report = run(missed, QUICK, {"kind": "dtw", "nan_policy": "interpolate"})
    assert report.primary.coverage == pytest.approx(89 / 90)
    assert np.isfinite(report.results.distances[0])
    with pytest.raises(InputError, match="NaN"):
        run(missed, QUICK, {"kind": "dtw"})


@pytest.mark.parametrize("align", ["procrustes_per_sequence", "procrustes_per_frame"])
def test_what_becomes_of_a_cycle_does_not_depend_on_the_others(run, align):
    config = {"kind": "dtw", "align": align}
    whole = run(SLOW, heels(30, seed=2), config, BILATERAL)
    shortened = run(SLOW, heels(30, frames=87, seed=2), config, BILATERAL)
    labels, distances = whole.results.segment_labels, whole.results.distances
    again = dict(zip(shortened.results.segment_labels, shortened.results.distances, strict=True))
    same = [(again[label], distance) for label, distance in zip(labels, distances, strict=True) if label in again]
    assert len(same) >= 2
    assert same[0][0] == pytest.approx(same[0][1], rel=1e-12)


@settings(max_examples=30)
@given(
    primary=st.lists(st.integers(10, 40), min_size=1, max_size=4),
    reference=st.lists(st.integers(10, 40), min_size=1, max_size=4),
    changed=st.integers(10, 40),
    align=st.sampled_from(["none", "procrustes_per_sequence", "procrustes_per_frame"]),
)
def test_a_pair_is_compared_the_same_whatever_the_other_pairs_are(primary, reference, changed, align):
    config = DtwConfig(kind="dtw", align=align)

    def first_distance(mine, theirs):
        motions = [moving(sum(lengths), seed) for seed, lengths in enumerate((mine, theirs))]
        compared = compare_motions(*motions, segmented(mine), segmented(theirs), config)
        return compared.results.distances[0], compared.results.distances_per_frame[0]

    before = first_distance(primary, reference)
    assert first_distance([*primary, 7], [*reference, changed]) == before


def test_distances_have_a_unit_and_a_value_per_frame_that_lengths_and_joints_do_not_change(run):
    coords = run(SLOW, QUICK, {"kind": "dtw"}).results
    assert coords.unit == "mm"
    # A millimetre of noise on each of three axes, and heels that move within 200 mm: some millimetres a joint.
    assert 1 < coords.distances_per_frame[0] < 20
    pairs = len(coords.paths[0])
    assert coords.distances_per_frame[0] == pytest.approx(coords.distances[0] / pairs / np.sqrt(43))
    normalised = run(SLOW, QUICK, {"kind": "dtw", "warping": {"path_normalise": True}}).results
    assert normalised.distances_per_frame[0] == pytest.approx(normalised.distances[0] / np.sqrt(43))
    angles = {"kind": "dtw", "representation": "angles", "angle_triplets": [[0, 1, LEFT_HEEL]]}
    assert run(SLOW, QUICK, angles).results.unit == "rad"
    assert run(SLOW, QUICK, angles | {"warping": {"z_normalise": True}}).results.unit == "SD"


@pytest.mark.slow
def test_twice_the_trial_is_twice_as_far_in_all_and_as_far_per_frame(run):
    once, twice = (
        run(heels(30, frames, seed=1), heels(24, frames, seed=2), {"kind": "dtw"}) for frames in (120, 240)
    )
    assert twice.results.distances[0] == pytest.approx(2 * once.results.distances[0], rel=0.1)
    assert twice.results.distances_per_frame[0] == pytest.approx(once.results.distances_per_frame[0], rel=0.1)


def test_a_joint_that_is_missing_throughout_is_left_out_of_the_comparison():
    config = {"kind": "dtw", "nan_policy": "interpolate", "method": "dtw_per_joint"}
    primary = moving(30, 0)
    hidden = replace(primary, positions=np.where(np.arange(43)[None, :, None] == 5, np.nan, primary.positions))
    compared = compare_motions(hidden, moving(30, 1), {}, {}, DtwConfig.model_validate(config))
    per_joint = compared.results.per_joint_distances[0]
    assert per_joint[5] is None
    assert sum(distance is not None for distance in per_joint) == 42
    assert compared.warnings == (f"full_trial: not known, left out: {primary.skeleton.joint_names[5]}",)
    nothing = replace(primary, positions=np.full_like(primary.positions, np.nan))
    with pytest.raises(InputError, match="nothing is known of full_trial"):
        compare_motions(nothing, primary, {}, {}, DtwConfig.model_validate(config))


def test_different_skeletons_are_compared_by_the_landmarks_that_both_have():
    people = Scene((Person(Squatting(period_s=2.0)),), PhantomCamera())
    truth = people.truth(np.arange(0, 2, 1 / 30), 640, 480).persons[0].joints3d_mm
    times, scores = np.arange(len(truth)) / 30, np.ones(truth.shape[:2])
    ours = Motion("ours", PHANTOM_SKELETON, times, truth, scores)
    names = tuple(f"m{number}" for number in range(len(PHANTOM_SKELETON)))
    landmarks = {
        landmark: names[PHANTOM_SKELETON.index(landmark)] for landmark in ("left_knee", "right_knee", "left_hip")
    }
    imported = replace(ours, name="mocap", skeleton=Skeleton(name="m", joint_names=names, landmarks=landmarks))
    compared = compare_motions(ours, imported, {}, {}, DtwConfig(kind="dtw", method="dtw_per_joint"))
    assert compared.results.per_joint_distances == ((0.0, 0.0, 0.0),)
    assert "compared by the 3 landmarks that both have" in compared.warnings[0]
    relation = {"kind": "dtw", "method": "dtw_relation", "joint_i": "left_hip", "joint_j": "left_knee"}
    assert compare_motions(ours, imported, {}, {}, DtwConfig.model_validate(relation)).results.distances == (0.0,)
    with pytest.raises(InputError, match="count their joints differently"):
        compare_motions(ours, imported, {}, {}, DtwConfig.model_validate(relation | {"joint_i": 3}))
    bare = replace(imported, skeleton=Skeleton(name="m", joint_names=names))
    with pytest.raises(InputError, match="no landmark in common"):
        compare_motions(ours, bare, {}, {}, DtwConfig(kind="dtw"))


def moving(frames, seed):
    """A motion of NeuroPose's skeleton in which every joint goes its own way; the same frames for the same seed."""
    ways = np.cumsum(np.random.default_rng(seed).normal(0, 5, (200, 43, 3)), axis=0)[:frames]
    return Motion(f"trial {seed}", MHAD, np.arange(frames) / 30, ways, np.ones((frames, 43)))


def segmented(lengths):
    """Segments of these lengths, one after the other."""
    ends = np.cumsum(lengths).tolist()
    segments = tuple(
        Segment(start=end - length, end=end, peak=end - length) for end, length in zip(ends, lengths, strict=True)
    )
    config = SegmentationConfig(extractor=JointAxis(joint=0, axis=1), method="valley_to_valley_v1")
    return {"cycles": Segmentation(config=config, segments=segments)}
