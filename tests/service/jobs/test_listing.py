"""Jobs in pages, newest first, by the manager as it is in the service."""

from pathlib import Path

import pytest
from support.job_manager import request_for

from neuropose_ray.errors import RequestError


@pytest.mark.slow
def test_jobs_are_listed_newest_first_in_pages_and_by_state_label_and_source(start, data: Path, video: Path):
    manager = start()
    manager("control", "pause")
    requests = [
        request_for(data, video, labels={"patient": f"p{number % 2}"}, source=("http", "inbox")[number // 4])
        for number in range(5)
    ]
    for request in requests:
        manager("submit", request)
    newest = [request.id for request in reversed(requests)]
    pages, after = [], None
    while True:
        page = manager("jobs", limit=2, after=after)
        pages.append([job.id for job in page.jobs])
        if (after := page.next) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [job_id for page in pages for job_id in page] == newest
    assert [job.id for job in manager("jobs", label="patient=p1").jobs] == [newest[1], newest[3]]
    assert len(manager("jobs", label="patient").jobs) == 5
    assert [job.id for job in manager("jobs", source="inbox").jobs] == newest[:1]
    assert not manager("jobs", state="completed").jobs
    with pytest.raises(RequestError):
        manager("jobs", after="'; drop table")
    for far in (f"-{'9' * 15}_-1_{newest[0]}", f"-253402300799999_-1_{newest[0]}"):  # beyond the year 9999
        with pytest.raises(RequestError):
            manager("jobs", after=far)
    assert manager("ended", (newest[0], "0" * 32)) == ("0" * 32,), "what is not known has ended for who waits for it"
