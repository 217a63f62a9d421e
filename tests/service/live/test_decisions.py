"""Decisions become jobs of those whose rules they are."""

from pathlib import Path

from support.decisions import decision

from neuropose_ray.schemas.jobs import JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.live.decisions import ClipJobs


def test_a_job_of_the_last_seconds_belongs_to_whom_the_rules_belong(tmp_path: Path):
    data, submitted = DataFolder(tmp_path), list[JobRequest]()
    made = decision(1, "enter", actions=[{"type": "enqueue_job", "name": "job"}])
    clip = data.job("0f" * 16).uploads / "clip.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"of an earlier try")
    jobs = ClipJobs(data, submitted.append, lambda _stream_id: None)
    for owner in ("anna", None):
        jobs(made.model_copy(update={"owner": owner}), made.actions[0], "0f" * 16, {})
    assert [job.owner for job in submitted] == ["anna", None]
