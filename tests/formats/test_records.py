import json
from io import BytesIO

import numpy as np

from neuropose_ray.formats.records import flat_triples, write_lists


def test_members_and_lists_are_one_json_object_and_nan_is_null():
    file = BytesIO()
    write_lists(file, {"a": 1}, {"b": iter([{"x": float("nan")}, {"x": 2}]), "c": []})
    assert json.loads(file.getvalue()) == {"a": 1, "b": [{"x": None}, {"x": 2}], "c": []}
    empty = BytesIO()
    write_lists(empty, {}, {"b": [1]})
    assert json.loads(empty.getvalue()) == {"b": [1]}


def test_a_point_that_lacks_a_coordinate_is_all_zero():
    places = np.array([[[1.0, 2.0], [np.nan, 3.0]]])
    assert flat_triples(places, np.array([[0.5, 0.7]])) == [[1, 2, 0.5, 0, 0, 0]]
    assert flat_triples(places[:0], np.zeros((0, 2))) == []
