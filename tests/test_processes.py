"""Work shared out among processes: everything comes back once, and one that dies costs its own item alone."""

import pytest
from support.processes import fail, part_or_die

from neuropose_ray.errors import EngineError
from neuropose_ray.processes import run_in_processes, usable_cores


def test_every_item_is_done_once_with_what_all_share():
    done = list(run_in_processes(part_or_die, range(12), 3, processes=2, hint="again"))
    assert sorted(done) == [(number, number // 3) for number in range(12)]
    assert list(run_in_processes(part_or_die, [], 3, processes=2, hint="again")) == []


def test_of_a_process_that_dies_its_item_alone_fails():
    items = [6, -1, 9, 12]
    done = dict(run_in_processes(part_or_die, items, 3, processes=2, hint="run it again"))
    assert set(done) == set(items)
    assert {number: part for number, part in done.items() if number >= 0} == {6: 2, 9: 3, 12: 4}
    assert isinstance(done[-1], EngineError)
    assert str(done[-1]) == "a process of its own: its process died without a word; run it again"


def test_what_the_function_raises_is_raised_here():
    with pytest.raises(KeyError, match="no 1"):
        list(run_in_processes(fail, [1], processes=1, hint="again"))


def test_there_is_a_core():
    assert usable_cores() >= 1
