"""Keys of stages: equal where results are, and able to say what changed."""

from neuropose_ray.curation import CurationSettings, StageKey, flattened


def test_equal_parts_have_equal_digests_in_whatever_order():
    one, other = StageKey("a", {"x": "1", "y": "2"}), StageKey("a", {"y": "2", "x": "1"})
    assert one.digest == other.digest
    assert one.changes_since(other) == ()
    assert StageKey("b", one.parts).digest != one.digest


def test_a_change_names_its_part_and_short_values():
    before = StageKey("a", {"threshold": "80", "content": "0" * 64, "old": "1"})
    after = StageKey("a", {"threshold": "120", "content": "1" * 64, "new": "1"})
    assert after.changes_since(before) == (
        "content changed", "new is new", "old is gone", "threshold changed from 80 to 120",
    )  # fmt: skip


def test_every_setting_has_a_dotted_name():
    flat = flattened(CurationSettings())
    assert flat["blur.threshold"] == "80.0"
    assert flat["ingest.strict_sequence"] == "true"
    assert all("{" not in value for value in flat.values())
