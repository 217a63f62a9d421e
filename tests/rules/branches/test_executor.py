"""The executor that does work at once."""

import pytest

from neuropose_ray.rules import InlineExecutor


def test_the_result_is_there_at_once_and_an_error_is_the_futures():
    assert InlineExecutor().submit(divmod, 7, 3).result(0) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        InlineExecutor().submit(divmod, 7, 0).result(0)
