"""Names of videos' folders: distinct, safe, and the same whatever the order."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.pipeline.inputs.naming import DIGEST_MARK, UnnamedInput, base_name, folder_names


def place(path: str, below: int = 1, *, is_folder: bool = False) -> UnnamedInput:
    """A file at an absolute path, of which the last parts lie below the folder that was given."""
    parts = PurePath(path).parts[1:]
    return UnnamedInput(PurePath(path).as_uri(), "_".join(parts[-below:]), parts[:-below], is_folder)


def names(*paths: str, owners: dict[str, str] | None = None) -> list[str]:
    known = {name: PurePath(path).as_uri() for name, path in (owners or {}).items()}
    return folder_names([place(path) for path in paths], known)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/d/a.mp4"], ["a"]),
        (["/d/a.mp4", "/d/a.mov"], ["a_mp4", "a_mov"]),
        (["/p/x.mp4", "/q/x.mp4"], ["p_x", "q_x"]),
        (["/p/1/x.mp4", "/q/1/x.mp4", "/q/2/x.mp4"], ["p_1_x", "q_1_x", "q_2_x"]),
        (["/p/x.mp4", "/p/x.mov", "/q/x.mp4"], ["p_x_mp4", "p_x_mov", "q_x_mp4"]),
        (["/p/x.mp4", "/q/x.mp4", "/r/p_x.mp4"], ["p_x_mp4", "q_x_mp4", "p_x"]),
        (["/d/a.mp4", "/d/A.mp4"], ["a_3", "A_2"]),
        (["/d/a b.mp4", "/d/a?b.mp4"], ["a_b_2", "a_b_3"]),
        (["/d/...mp4"], ["video"]),
        (["/d/a b;$(c).mp4"], ["a_b_c"]),
        (["/d/summary.json.mp4"], ["d_summary.json"]),
        (["/d/a~1.mp4"], ["a_1"]),
        (["/d/İ.mp4"], ["İ"]),
    ],
)
def test_a_name_is_the_files_and_what_it_takes_to_tell_it_apart(paths: list[str], expected: list[str]):
    assert names(*paths) == expected
    assert names(*reversed(paths)) == expected[::-1]


def test_a_folder_of_images_has_no_ending():
    assert folder_names([place("/d/v1.5", is_folder=True)]) == ["v1.5"]


def test_an_input_keeps_the_name_that_it_has():
    assert names("/q/x.mp4", "/p/x.mp4", owners={"x": "/p/x.mp4"}) == ["q_x", "x"]
    assert names("/q/x.mp4", owners={"x": "/p/x.mp4"}) == ["q_x"]
    assert names("/p/x.mp4", owners={"x": "/p/x.mp4", "x~12345678": "/p/x.mp4"}) == ["x~12345678"]


def test_a_third_of_one_name_takes_nobodys():
    first = names("/p/v.mp4", "/r/v.mp4")
    owners = dict(zip(first, ["/p/v.mp4", "/r/v.mp4"], strict=True))
    assert names("/p/v.mp4", "/q/v.mp4", "/r/v.mp4", owners=owners) == ["p_v", "v", "r_v"]


def test_a_video_that_was_moved_takes_its_name_along():
    known = {"x": "file:///gone/x.mp4"}
    assert folder_names([place("/p/x.mp4")], known, lambda name, place: True) == ["x"]
    assert folder_names([place("/p/x.mp4")], known, lambda name, place: False) == ["p_x"]
    both = [place("/p/x.mp4"), place("/gone/x.mp4")]
    assert folder_names(both, known, lambda name, place: True) == ["p_x", "x"]


def test_long_names_are_cut_between_letters_and_stay_distinct():
    long = "漢" * 84
    first, second = folder_names([place(f"/d/{long}a.mp4"), place(f"/d/{long}b.mp4")])
    assert first != second
    assert all(len(name.encode()) < 180 for name in (first, second))
    assert first.startswith("漢" * 50)


def test_the_base_of_a_name_has_no_digest():
    assert (base_name("x~12345678"), base_name("x")) == ("x", "x")


PART = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda text: text not in (".", "..")
)
PATHS = st.lists(st.lists(PART, min_size=1, max_size=3).map(tuple), min_size=1, max_size=8, unique=True)


@given(PATHS, st.data())
def test_whatever_the_paths_names_are_distinct_safe_and_independent_of_the_order(paths: list, data: st.DataObject):
    places = [UnnamedInput("file:///" + repr(parts), "_".join(parts[-1:]), parts[:-1], False) for parts in paths]
    first = dict(zip(places, folder_names(places), strict=True))
    assert len({name.casefold() for name in first.values()}) == len(places)
    for name in first.values():
        assert name == name.strip("._")
        assert not set(name) & set("/\\\0 ~")
        assert 0 < len(name.encode()) <= 255
    again = data.draw(st.permutations(places))
    assert dict(zip(again, folder_names(again), strict=True)) == first
    # Part by part, in any order: who has a name keeps it.
    owners: dict[str, str] = {}
    for one in again:
        owners[folder_names([one], owners)[0]] = one.uri
    assert len(owners) == len(places)
    assert folder_names(again, owners) == list(owners)
    assert DIGEST_MARK not in "".join(owners)
