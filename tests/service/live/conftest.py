"""Live streams in this process, shared by the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_service import LiveService, live_service


@pytest.fixture(scope="module")
def live(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service that plays the test data, with a grey pose model."""
    folder = tmp_path_factory.mktemp("live")
    with live_service(folder, files=[str(test_data)], linger_s=5, ack_s=4, heartbeat_s=1) as service:
        yield service
