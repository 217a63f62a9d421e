import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neuropose_ray.formats.known_parts import known_parts

TIMES = np.arange(200) / 100


def column(*missing: slice) -> np.ndarray:
    values = np.sin(TIMES) * 40
    for part in missing:
        values[part] = np.nan
    return values


def test_what_is_known_throughout_stays_as_it_is():
    known = known_parts(TIMES, {"a": column(), "b": column()})
    assert [rows.tolist() for rows in known.parts] == [list(range(200))]
    assert known.notes == ()
    np.testing.assert_array_equal(known.columns["a"], column())


def test_rows_before_the_first_and_after_the_last_known_one_go():
    known = known_parts(TIMES, {"a": column(slice(0, 20)), "b": column(slice(150, 200))})
    assert [(rows[0], rows[-1]) for rows in known.parts] == [(20, 149)]
    assert known.notes == ("70 rows before the first and after the last known one are left out",)


def test_a_short_gap_is_filled_by_a_straight_line():
    known = known_parts(TIMES, {"a": column(slice(50, 60))})
    (rows,) = known.parts
    assert len(rows) == 200
    np.testing.assert_allclose(
        known.columns["a"][50:60], np.interp(TIMES[50:60], TIMES[[49, 60]], column()[[49, 60]])
    )
    assert known.notes == ("gaps of up to 0.25 s in 10 rows are filled by straight lines",)


def test_a_long_gap_parts_the_recording():
    known = known_parts(TIMES, {"a": column(slice(50, 90)), "b": column()})
    assert [(rows[0], rows[-1]) for rows in known.parts] == [(0, 49), (90, 199)]
    assert known.notes == ("40 rows in longer gaps are left out",)


def test_a_column_that_is_hardly_known_does_not_cost_the_others():
    known = known_parts(TIMES, {"a": column(), "never": np.full(200, np.nan), "seldom": column(slice(0, 150))})
    assert list(known.columns) == ["a"]
    assert known.notes == ("known too seldom and left out: never, seldom",)


def test_nothing_known_is_no_part():
    assert known_parts(TIMES, {"a": np.full(200, np.nan)}).parts == ()
    assert known_parts(np.zeros(0), {"a": np.zeros(0)}).parts == ()


@given(hnp.arrays(np.float64, (3, 60), elements=st.floats(-180, 180) | st.just(np.nan)))
def test_no_number_is_missing_and_every_known_one_stays(values):
    times = np.arange(60) / 30
    known = known_parts(times, dict(zip("abc", values, strict=True)))
    for rows in known.parts:
        assert len(rows) > 1
        assert (np.diff(rows) == 1).all()
        for name, filled in known.columns.items():
            original = values["abc".index(name)][rows]
            assert np.isfinite(filled[rows]).all()
            np.testing.assert_array_equal(filled[rows][np.isfinite(original)], original[np.isfinite(original)])
