"""What can be written, by name."""

from neuropose_ray.formats.kinds import ExportFormat


def test_endings_are_of_one_format_each():
    endings = [kind.ending for kind in ExportFormat]
    assert len(set(endings)) == len(endings)


def test_motion_in_space_and_what_an_analysis_finds_are_of_one_person_and_tables_of_all():
    of_all = {kind.value for kind in ExportFormat if not kind.of_one_person}
    assert of_all == {
        "csv", "csv-wide", "json", "neuropose", "neuropose-job", "parquet", "npz", "coco", "coco-wholebody",
        "mmpose", "openpose",
    }  # fmt: skip
