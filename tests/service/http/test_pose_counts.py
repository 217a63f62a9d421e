"""Every request for poses is counted once, by what became of it."""

import asyncio
from contextlib import nullcontext

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.local_service import local_service

from neuropose_ray.errors import OverloadedError, TooLargeError
from neuropose_ray.service.http.pose_counts import PoseCounts

OUTCOMES = {
    "answered": None, "overloaded": OverloadedError("x"), "too_large": TooLargeError("x"),
    "cancelled": asyncio.CancelledError(), "internal": ValueError("x"),
}  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(sorted(OUTCOMES)), st.integers(1, 9))))
def test_counts_add_up(requests: list[tuple[str, int]]):
    counts = PoseCounts()
    for outcome, pictures in requests:
        error = OUTCOMES[outcome]
        with nullcontext() if error is None else pytest.raises(type(error)), counts.request() as count_pictures:
            count_pictures(pictures)
            assert counts.now().ongoing == 1
            if error is not None:
                raise error
    now = counts.now()
    assert now.ongoing == 0
    assert now.pictures == sum(pictures for _, pictures in requests)
    assert {"answered": now.answered, **now.errors} == {"answered": 0} | {
        name: sum(outcome == name for outcome, _ in requests) for name in {outcome for outcome, _ in requests}
    }
    assert (now.mean_ms is None) == (now.answered == 0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory):
    with local_service(tmp_path_factory.mktemp("service")) as service, service.client() as client:
        yield client


def test_the_status_has_them_and_the_memory_of_gpus(client: httpx.Client):
    import cv2
    import numpy as np

    picture = cv2.imencode(".png", np.full((32, 32, 3), 90, np.uint8))[1].tobytes()
    good = client.post("/v1/pose", content=picture, headers={"Content-Type": "image/png"})
    assert good.status_code == 200
    assert client.post("/v1/pose", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 422
    status = client.get("/v1/status").json()
    assert (status["pose"]["answered"], status["pose"]["pictures"], status["pose"]["errors"]) == (
        1,
        1,
        {"request": 1},
    )
    assert isinstance(status["gpus"], list)
