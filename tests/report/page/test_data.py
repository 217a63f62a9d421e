import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.report_contents import nothing, squats, unknown

from neuropose_ray.render.records import Band, PersonTrack
from neuropose_ray.render.sides import Side
from neuropose_ray.report.page.data import mean_and_sd, report_json


def array(encoded: dict[str, str]) -> np.ndarray:
    kinds = {"Float32Array": "<f4", "Float64Array": "<f8", "Int32Array": "<i4"}
    return np.frombuffer(base64.b64decode(encoded["base64"]), kinds[encoded["type"]])


def test_arrays_come_back_as_they_were():
    content = squats(60)
    data = json.loads(report_json(content))
    assert array(data["times"]).tolist() == content.timestamps_s.tolist()
    positions = array(data["people"][0]["positions"]).reshape(60, 33, 3)
    assert positions == pytest.approx(content.people[0].positions, abs=1e-3)
    assert content.comparison is not None
    assert (
        np.stack([array(one) for one in data["comparison"]["path"]], axis=1).tolist()
        == content.comparison.path.tolist()
    )


def test_a_track_takes_room_only_from_its_first_to_its_last_frame():
    content = squats(60)
    positions = content.people[0].positions.copy()
    positions[:20] = positions[25:27] = positions[40:] = np.nan
    person = json.loads(report_json(replace(content, people=(PersonTrack(1, positions),))))["people"][0]
    assert (person["first"], person["seen"]) == (20, 18)
    assert array(person["positions"]).reshape(-1, 33, 3) == pytest.approx(positions[20:40], abs=1e-3, nan_ok=True)


def test_a_curve_takes_room_only_where_either_of_its_lines_is_known():
    content = squats(60)
    curve = content.people[0].curves[0]
    raw, cleaned = curve.raw.copy(), curve.cleaned.copy()
    raw[:20] = raw[30:] = cleaned[:22] = cleaned[40:] = np.nan
    person = replace(content.people[0], curves=(replace(curve, raw=raw, cleaned=cleaned),))
    (packed,) = json.loads(report_json(replace(content, people=(person,))))["people"][0]["curves"]
    assert packed["first"] == 20
    assert array(packed["raw"]) == pytest.approx(raw[20:40], abs=1e-4, nan_ok=True)
    assert array(packed["cleaned"]) == pytest.approx(cleaned[20:40], abs=1e-4, nan_ok=True)


def test_everybodys_numbers_are_there_and_not_the_main_persons_alone():
    main, other = json.loads(report_json(squats(60)))["people"]
    assert [curve["name"] for curve in other["curves"]] == ["elbow_flexion"]
    assert (len(main["curves"]), len(main["strips"]), len(other["strips"])) == (4, 2, 1)
    assert other["bands"] == other["cycles"] == []


def test_what_is_not_known_stays_unknown_and_the_rest_is_valid_json():
    data = json.loads(report_json(unknown(4)), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    (person,) = data["people"]
    assert [len(array(curve["raw"])) for curve in person["curves"]] == [0, 0]
    assert np.isnan(array(person["strips"][0]["values"])).all()
    assert person["curves"][1]["cleaned"] is None
    assert len(array(json.loads(report_json(nothing(0)))["times"])) == 0


def test_no_text_can_end_the_script_element_that_holds_it():
    bands = (Band("event", "</script><script>alert(1)", Side.LEFT, 0, 0, float("nan")),)
    content = squats(60)
    text = report_json(replace(content, people=(replace(content.people[0], bands=bands),)))
    assert "<" not in text
    band = json.loads(text)["people"][0]["bands"][0]
    assert (band["label"], band["peak_s"]) == ("</script><script>alert(1)", None)


@given(arrays(np.float64, (4, 3), elements=st.floats(-1e3, 1e3) | st.just(np.nan)))
@settings(max_examples=50)
def test_mean_and_sd_are_those_of_the_cycles_that_are_known(values: np.ndarray):
    mean, sd = mean_and_sd(values)
    for column, one_mean, one_sd in zip(values.T, mean, sd, strict=True):
        known = column[np.isfinite(column)]
        assert one_mean == pytest.approx(known.mean() if len(known) else np.nan, nan_ok=True)
        assert one_sd == pytest.approx(known.std(ddof=1) if len(known) > 1 else np.nan, nan_ok=True, abs=1e-6)
