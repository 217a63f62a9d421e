import pytest
from pydantic import ValidationError

from neuropose_ray.models.metrabs.settings import MetrabsSettings

MIRRORED = ((-1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
SCALED = ((2, 0, 0, 0), (0, 2, 0, 0), (0, 0, 2, 0), (0, 0, 0, 1))
INFINITE = ((1, 0, 0, float("inf")), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
PROJECTIVE = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 1, 1))


def test_the_fingerprint_knows_what_changes_the_numbers_and_nothing_else() -> None:
    default = MetrabsSettings().fingerprint()

    faster = MetrabsSettings(
        batch_size=2, internal_batch_size=8, device="cpu", intra_op_threads=1, inter_op_threads=1
    )
    assert faster.fingerprint() == default
    for changed in ({"skeleton": "smpl_24"}, {"num_aug": 1}, {"max_detections": 2}, {"detector_threshold": 0.4}):
        assert MetrabsSettings(**changed).fingerprint() != default


@pytest.mark.parametrize("matrix", [MIRRORED, SCALED, INFINITE, PROJECTIVE])
def test_extrinsics_must_be_a_rotation_and_a_translation(matrix: object) -> None:
    with pytest.raises(ValidationError, match="rotation"):
        MetrabsSettings(extrinsic_matrix=matrix)


@pytest.mark.parametrize("device", ["GPU", "/CPU:0", "gpu", "gpu:-1", "cuda:0", "cpu "])
def test_a_device_is_auto_cpu_or_a_numbered_gpu(device: str) -> None:
    with pytest.raises(ValidationError, match="device"):
        MetrabsSettings(device=device)


def test_fewer_crops_at_once_than_one_person_needs_are_refused() -> None:
    assert MetrabsSettings(num_aug=8, internal_batch_size=8).num_aug == 8
    with pytest.raises(ValidationError, match="at least num_aug, 8"):
        MetrabsSettings(num_aug=8, internal_batch_size=7)


@pytest.mark.parametrize(
    "wrong",
    [{"world_up_vector": (0, 0, 0)}, {"max_detections": 0}, {"antialias_factor": 3}, {"num_aug": 0}, {"fov": 55}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_values_that_mean_nothing_and_unknown_names_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        MetrabsSettings(**wrong)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        MetrabsSettings().num_aug = 1
