import numpy as np

from neuropose_ray.formats.hips import hip_centres
from neuropose_ray.formats.trc_reader import read_trc


def test_hips_of_a_real_pelvis_lie_where_the_laboratory_has_them(test_data):
    points = read_trc(test_data / "opencap/default_markers.trc")

    def marker(name):
        return points.positions[:, points.names.index(name)]

    right, left = hip_centres(marker("r.ASIS"), marker("L.ASIS"), (marker("r.PSIS") + marker("L.PSIS")) / 2)
    for centre, truth in ((right, "R_HJC"), (left, "L_HJC"), (right, "R_HJC_reg"), (left, "L_HJC_reg")):
        distance = np.linalg.norm(centre - marker(truth), axis=-1)
        assert np.nanmedian(distance) < 20
        assert np.nanmax(distance) < 30


def test_the_regression_in_a_pelvis_along_the_axes():
    """250 mm wide and 150 mm deep; x is forward, y up, z to the right."""
    right, left = hip_centres(np.array([[150.0, 0, 125]]), np.array([[150.0, 0, -125]]), np.array([[0.0, 0, 0]]))
    expected = [150 - 0.24 * 150 - 9.9, -0.30 * 250 - 10.9, 0.33 * 250 + 7.3]
    np.testing.assert_allclose(right, [expected])
    np.testing.assert_allclose(left, [[*expected[:2], -expected[2]]])


def test_a_turned_pelvis_turns_its_hips():
    rng = np.random.default_rng(2)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    markers = rng.normal(size=(3, 1, 3)) * 100
    straight = np.stack(hip_centres(*markers))
    turned = np.stack(hip_centres(*(markers @ turn.T)))
    np.testing.assert_allclose(turned, straight @ turn.T, atol=1e-9)


def test_a_missing_marker_is_no_hip():
    right, left = hip_centres(np.full((1, 3), np.nan), np.ones((1, 3)), np.zeros((1, 3)))
    assert np.isnan(right).all()
    assert np.isnan(left).all()
    assert np.isnan(hip_centres(np.ones((1, 3)), np.ones((1, 3)), np.ones((1, 3)))[0]).all()
