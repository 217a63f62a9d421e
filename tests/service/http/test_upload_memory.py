"""An upload of any size takes a bounded part of memory, in the proxy and in the replica behind it."""

from collections.abc import Iterator

import httpx
import pytest
from support.service_memory import watched_growth

pytestmark = [pytest.mark.ray, pytest.mark.serve, pytest.mark.endurance]
GIB = 1024**3
BOUNDARY = "boundary-of-a-form"


def form_of(size: int) -> Iterator[bytes]:
    """A form with a file of so many bytes that is no video."""
    yield (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.mp4"\r\n\r\n').encode()
    block = bytes(range(256)) * 4096
    for _ in range(size // len(block)):
        yield block
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_gigabyte_leaves_memory_flat_and_nothing_behind(service, entrance):
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with httpx.Client(base_url=entrance, timeout=60) as client:
        client.post("/v1/jobs", content=form_of(8 * 1024**2), headers=headers)  # what a first upload loads
        with watched_growth() as growth:
            answer = client.post("/v1/jobs", content=form_of(GIB), headers=headers, timeout=600)
    print("growth in MiB:", growth, "took", answer.elapsed)
    assert (answer.status_code, answer.json()["code"]) == (422, "video_unreadable")
    assert max(growth.values()) < 64
    assert list(service.data.incoming.iterdir()) == []
