import numpy as np
import pytest

from neuropose_ray.render.colours import WHITE
from neuropose_ray.render.overlay.labels import Label, draw_label

GREY = 90


def canvas(height=400, width=300):
    return np.full((height, width, 3), GREY, np.uint8)


def changed(image):
    return np.nonzero((image != GREY).any(axis=2))


@pytest.mark.parametrize("foot", [(150, 200), (-500, -500), (5000, 5000)])
def test_labels_stay_on_the_frame(foot):
    image = canvas()
    draw_label(image, "id 7", foot, WHITE)
    rows, columns = changed(image)
    assert rows.size > 100
    assert np.ptp(rows) > 10
    assert np.ptp(columns) > 20


def test_a_label_stands_above_its_foot():
    image = canvas()
    draw_label(image, "id 7", (150, 200), WHITE)
    rows, columns = changed(image)
    assert rows.max() == 200
    assert abs((columns.min() + columns.max()) / 2 - 150) <= 1


def test_its_size_is_what_it_covers():
    image = canvas()
    label = Label.of("118°", image)
    label.draw(image, (150, 200), WHITE)
    rows, columns = changed(image)
    assert label.size == (np.ptp(columns), np.ptp(rows))


def test_a_degree_sign_is_a_ring_behind_the_number_at_the_height_of_its_top():
    image = canvas(1080, 1920)
    label = Label.of("90°", image)
    label.draw(image, (900, 500), WHITE)
    width, height = label.size
    sign = image[500 - height : 501, 900 + width // 2 - label.pad - 3 * label.ring + 1 : 900 + width // 2 - 2]
    dark = np.nonzero(sign.max(axis=2) < 100)
    assert len(dark[0]) > 8
    assert dark[0].max() < height / 2
    assert sign[label.pad + label.ring, label.ring + 1].min() > 150, "the ring is filled"


def test_text_is_larger_on_larger_frames_and_where_it_matters_more():
    assert Label.of("5 / 5", canvas(720, 1280)).height == 16
    assert Label.of("5 / 5", canvas(1280, 720)).height == 16
    assert Label.of("5 / 5", canvas(720, 1280), scale=1.5).height == 24
    assert Label.of("5 / 5", canvas(48, 64)).height == 9
