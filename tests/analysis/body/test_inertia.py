import pytest

from neuropose_ray.analysis.body.inertia import COUNTS, body_inertia


@pytest.mark.parametrize("masses", ["female", "male", "mean"])
def test_masses_add_up_to_the_body_and_centres_lie_on_their_segments(masses):
    body = body_inertia(masses)
    assert sum(COUNTS[part] * inertia.mass for part, inertia in body.parts.items()) == pytest.approx(1)
    for inertia in body.parts.values():
        assert 0 < inertia.centre < 1
        assert all(0 < radius < 1 for radius in (inertia.sagittal, inertia.transverse, inertia.longitudinal))


def test_numbers_are_those_of_the_table():
    women, men = body_inertia("female"), body_inertia("male")
    assert men.parts["thigh"].mass == pytest.approx(0.1416)
    assert women.parts["thigh"].mass == pytest.approx(0.1478, rel=2e-4)  # the women's masses add up to 99.99 %
    assert men.parts["shank"].centre == pytest.approx(0.4395)
    assert women.parts["shank"].centre == pytest.approx(0.4352)


def test_the_trunks_centre_is_the_same_from_either_of_its_upper_ends():
    # De Leva has the trunk from the shoulders and from the seventh vertebra: 51.38 % of 603.3 mm, 49.64 % of 614.8.
    for masses, length, share, trunk in (("male", 603.3, 0.5138, 515.5), ("female", 614.8, 0.4964, 497.9)):
        body = body_inertia(masses)
        assert (1 - body.parts["trunk"].centre) * trunk == pytest.approx((1 - share) * length, abs=0.15)
        assert (1 + body.neck) * trunk == pytest.approx(length)


def test_the_mean_lies_halfway():
    women, men, both = (body_inertia(masses) for masses in ("female", "male", "mean"))
    for part, inertia in both.parts.items():
        assert inertia.centre == pytest.approx((women.parts[part].centre + men.parts[part].centre) / 2)
        assert inertia.mass == pytest.approx((women.parts[part].mass + men.parts[part].mass) / 2, rel=1e-3)
