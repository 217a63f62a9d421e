import numpy as np
import pytest

from neuropose_ray.models.blazepose.search import Search
from neuropose_ray.models.blazepose.settings import BlazePoseSettings

WIDTH, HEIGHT = 1280, 720
EMPTY = np.zeros((0, 5), np.float32)
KNOWN = np.array([[100, 100, 200, 500, 1.0]], np.float32)
STILL = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


@pytest.fixture
def search() -> Search:
    return Search(WIDTH, HEIGHT, BlazePoseSettings(search_interval=3, refresh_interval=150))


def changed(left: int, top: int, side: int = 160) -> np.ndarray:
    frame = STILL.copy()
    frame[top : top + side, left : left + side] = 220
    return frame


def test_the_first_frame_is_searched_everywhere(search: Search):
    views = search.due(0, STILL, EMPTY)
    assert views[0] == search.whole
    assert len(views) == 9


def test_a_still_scene_with_known_people_costs_no_detector(search: Search):
    search.due(0, STILL, EMPTY)
    assert [search.due(number, STILL, KNOWN) for number in range(1, 140)] == [[]] * 139


def test_a_still_empty_scene_costs_no_detector_either(search: Search):
    search.due(0, STILL, EMPTY)
    assert [search.due(number, STILL, EMPTY) for number in range(1, 140)] == [[]] * 139


def test_a_change_beside_the_known_people_is_searched_within_a_round(search: Search):
    search.due(0, STILL, EMPTY)
    searched = [view for number in range(1, 30) for view in search.due(number, changed(900, 300), KNOWN)]
    assert search.whole in searched
    assert any(view.left <= 900 and view.left + view.side >= 1060 for view in searched if view != search.whole)


def test_known_people_may_move_without_being_searched_for(search: Search):
    search.due(0, STILL, KNOWN)
    assert [search.due(number, changed(120, 200), KNOWN) for number in range(1, 30)] == [[]] * 29


def test_with_nobody_known_a_change_is_searched_in_the_same_frame(search: Search):
    search.due(0, STILL, EMPTY)
    assert search.whole in search.due(1, changed(600, 300), EMPTY)


def test_every_view_is_searched_now_and_then_even_if_nothing_changes(search: Search):
    search.due(0, STILL, EMPTY)
    searched = [view for number in range(1, 200) for view in search.due(number, STILL, KNOWN)]
    assert len(set(searched)) == 9


def test_what_goes_on_changing_is_searched_once_a_round_and_a_new_change_at_once(search: Search):
    """A flickering screen at the right, and later somebody at the left."""
    search.due(0, STILL, EMPTY)
    flicker = [changed(1000, 300), STILL]
    searched = [search.due(number, flicker[number // 3 % 2], KNOWN) for number in range(1, 27 * 8)]
    rounds = [[view for views in searched[start : start + 27] for view in views] for start in range(27, 27 * 7, 27)]
    assert all(rounds)
    assert all(len(views) == len(set(views)) for views in rounds)
    frame = flicker[27 * 8 // 3 % 2].copy()
    frame[350:700, 400:600] = 220
    newcomer = {view for number in range(27 * 8, 27 * 8 + 3) for view in search.due(number, frame, KNOWN)}
    assert any(view.left < 600 and view.left + view.side > 400 for view in newcomer)


def test_two_rounds_after_its_start_a_search_no_longer_depends_on_it():
    """A thing that wanders through the picture, seen from different frames on."""
    frames = [changed(20 * number % 1100, 7 * number % 500) for number in range(180)]
    settings = BlazePoseSettings(search_interval=3, refresh_interval=60)

    def searched(first: int) -> list[list]:
        search = Search(WIDTH, HEIGHT, settings)
        return [search.due(number, frames[number], KNOWN) for number in range(first, 180)]

    whole = searched(0)
    for first in (1, 8, 27, 50):
        assert searched(first)[55:] == whole[first + 55 :]


def test_who_comes_slowly_into_a_small_picture_is_searched_for():
    """Of a small picture the whole alone is searched, at each turn."""
    search = Search(480, 270, BlazePoseSettings(search_interval=3))
    still, known = np.full((270, 480, 3), 90, np.uint8), np.array([[10, 10, 40, 100, 1.0]], np.float32)
    searched = []
    for number in range(60):
        frame = still.copy()
        frame[80:200, 300 : 300 + number] = 220
        searched += search.due(number, frame, known) if number else []
        if not number:
            search.due(number, frame, known)
    assert search.whole in searched
