import random

import pytest

from neuropose_ray.errors import WeightsUnavailableError
from neuropose_ray.models.weights.download import download
from neuropose_ray.models.weights.settings import DownloadPolicy

CONTENT = random.Random(1).randbytes(3_000_000)
AT_ONCE = DownloadPolicy(attempts=4, first_wait_s=0.0, timeout_s=10.0)


@pytest.fixture
def part(tmp_path):
    return tmp_path / "part"


@pytest.fixture
def server(file_server):
    file_server.files["m.bin"] = CONTENT
    return file_server


def fetch(server, part, policy=AT_ONCE, progress=lambda received, total: None, name="m.bin"):
    download(f"{server.url}/{name}", part, shown=f"{server.url}/{name}", policy=policy, progress=progress)


def test_a_file_arrives_whole_and_progress_rises_to_its_size(server, part):
    seen = []
    fetch(server, part, progress=lambda received, total: seen.append((received, total)))
    assert part.read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(server, part):
    server.cuts = [1_000_000, 500_000]
    fetch(server, part)
    assert part.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=1000000-", "bytes=1500000-"]


def test_a_server_without_ranges_is_asked_again_from_the_start(server, part):
    server.ranges, server.cuts = False, [1_000_000]
    fetch(server, part)
    assert part.read_bytes() == CONTENT


def test_without_a_strong_validator_nothing_is_resumed(server, part):
    for etag in (None, 'W/"1"'):
        server.etag, server.cuts = etag, [1_000_000]
        server.requests.clear()
        fetch(server, part)
        assert part.read_bytes() == CONTENT
        assert [wanted for _, wanted in server.requests] == [None, None]


def test_a_file_that_changed_between_two_attempts_is_not_stitched_together(server, part):
    server.cuts = [1_000_000]
    with pytest.raises(WeightsUnavailableError):
        fetch(server, part, DownloadPolicy(attempts=1))
    server.files["m.bin"], server.etag = CONTENT[::-1], '"2"'
    fetch(server, part)
    assert part.read_bytes() == CONTENT[::-1]


def test_another_process_goes_on_with_what_the_first_left(server, part):
    server.cuts = [2_000_000]
    with pytest.raises(WeightsUnavailableError, match="2000000 of 3000000 bytes"):
        fetch(server, part, DownloadPolicy(attempts=1))
    fetch(server, part)
    assert part.read_bytes() == CONTENT
    assert server.requests[-1] == ("/m.bin", "bytes=2000000-")


def test_a_part_that_is_complete_already_is_not_fetched_again(server, part):
    fetch(server, part)
    fetch(server, part)
    assert part.read_bytes() == CONTENT
    assert server.requests[-1] == ("/m.bin", "bytes=3000000-")


def test_a_part_longer_than_the_file_is_thrown_away(server, part):
    fetch(server, part)
    part.write_bytes(CONTENT + b"more")
    fetch(server, part)
    assert part.read_bytes() == CONTENT


def test_a_length_that_is_never_reached_is_an_error_that_names_both(server, part):
    server.extra_length, server.etag = 7, None
    with pytest.raises(WeightsUnavailableError, match=r"m\.bin: cannot be fetched: 3000000 of 3000007 bytes came"):
        fetch(server, part)
    assert len(server.requests) == AT_ONCE.attempts


def test_a_busy_server_is_asked_again(server, part):
    server.statuses = [503, 429]
    fetch(server, part)
    assert part.read_bytes() == CONTENT


def test_a_missing_or_forbidden_file_is_not_asked_for_twice(server, part):
    with pytest.raises(WeightsUnavailableError, match="404"):
        fetch(server, part, name="other.bin")
    server.statuses = [403]
    with pytest.raises(WeightsUnavailableError, match="403"):
        fetch(server, part)
    assert len(server.requests) == 2


def test_a_server_that_does_not_answer_is_given_up_after_the_last_attempt(part):
    with pytest.raises(WeightsUnavailableError, match=r"127\.0\.0\.1.*refused"):
        download("http://127.0.0.1:1/m", part, shown="http://127.0.0.1:1/m", policy=AT_ONCE, progress=print)


def test_a_disk_error_is_not_mistaken_for_a_network_error(server, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        fetch(server, tmp_path / "folder")
    assert len(server.requests) == 1
