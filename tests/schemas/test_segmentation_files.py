import json

import pytest
from schemas.neuropose_samples import video_version_2

from neuropose_ray.errors import FileFormatError
from neuropose_ray.schemas.segmentation import Segmentation
from neuropose_ray.schemas.segmentation_files import StoredSegmentations, fits_neuropose, load_segmentations

OF_NEUROPOSE = video_version_2()["segmentations"]["right_heel_strikes"]


def changed(**config):
    return Segmentation.model_validate(OF_NEUROPOSE | {"config": OF_NEUROPOSE["config"] | config})


def test_segments_beside_predictions_come_back_and_none_are_none(tmp_path):
    assert dict(load_segmentations(tmp_path / "predictions.parquet")) == {}
    stored = StoredSegmentations({"steps": changed(), "all": changed(method="prominent_valleys_v3", track_id=1)})
    (tmp_path / "segmentations.json").write_text(stored.model_dump_json())
    assert load_segmentations(tmp_path / "predictions.parquet") == stored.root


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "segmentations.json").write_text(json.dumps({"steps": {}}))
    with pytest.raises(FileFormatError, match=r"steps\.config"):
        load_segmentations(tmp_path / "predictions.parquet")


@pytest.mark.parametrize(("config", "fits"), [
    ({}, True),
    ({"method": "prominent_valleys_v3"}, False),
    ({"method": "prominent_valleys_v2"}, False),
    ({"track_id": 0}, False),
])  # fmt: skip
def test_neuropose_takes_its_own_method_alone_and_no_tracks(config, fits):
    assert fits_neuropose(changed(**config)) is fits
