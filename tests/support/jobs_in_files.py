"""The service's jobs as the inbox sees them, ended by a test instead of by work."""

from datetime import UTC, datetime
from pathlib import Path

from neuropose_ray.errors import JobNotFoundError
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, write_summary
from neuropose_ray.schemas.job_names import ENDED, JobState
from neuropose_ray.schemas.jobs import Job, JobProgress, JobRequest
from neuropose_ray.service.data_folder import DataFolder

#: One frame without a person, as the pipeline writes it.
ONE_VIDEO = (
    '{\n"%s":{"schema_version":2,"metadata":{"frame_count":1,"fps":0.0,"width":4,"height":4},"frames":{\n'
    '"frame_000000":{"boxes":[],"poses3d":[],"poses2d":[]}},"segmentations":{},"provenance":null}\n}\n'
)


class JobsInFiles:
    """The inbox's port over a folder that outlives the process; jobs end when the test says so."""

    def __init__(self, data: DataFolder) -> None:
        self.data = data
        self.refusal: Exception | None = None
        #: Whose job alone is refused; None for all.
        self.refused_folder: str | None = None
        self.submissions = data.root / "submissions.log"

    def submit(self, request: JobRequest) -> Job:
        if self.refusal is not None and self.refused_folder in (None, request.folder):
            raise self.refusal
        with self.submissions.open("a") as file:
            file.write(request.id + "\n")
        if not self._file(request.id).exists():
            uploads = {path.name for path in self.data.job(request.id).uploads.iterdir()}
            assert uploads == {each.name for each in request.inputs}
            job = Job(
                id=request.id,
                state="queued",
                workflow=request.workflow,
                inputs=tuple(each.name for each in request.inputs),
                priority=5,
                labels={},
                source=request.source,
                folder=request.folder,
                attempts=0,
                progress=JobProgress(),
                submitted_at=request.submitted_at,
            )
            self._write(job)
        return self.job(request.id)

    def job(self, job_id: str) -> Job:
        try:
            return Job.model_validate_json(self._file(job_id).read_bytes())
        except FileNotFoundError:
            raise JobNotFoundError("there is no such job") from None

    def all(self) -> list[Job]:
        jobs = [Job.model_validate_json(path.read_bytes()) for path in self.data.root.glob("*.job")]
        return sorted(jobs, key=lambda job: job.submitted_at)

    def set(self, job: Job, state: JobState, **changes: object) -> None:
        if state == "completed":
            self._make_results(job, changes.get("warnings", ()))
        ended = {"ended_at": datetime.now(UTC)} if state in ENDED else {}
        self._write(job.model_copy(update={"state": state, "started_at": job.submitted_at, **ended, **changes}))

    def _write(self, job: Job) -> None:
        """Whole or not at all: the process that does it is killed at any moment, as a database survives it."""
        temporary = self._file(job.id).with_suffix(".new")
        temporary.write_text(job.model_dump_json())
        temporary.replace(self._file(job.id))

    def _make_results(self, job: Job, warnings: object) -> None:
        results, broken = self.data.job(job.id).results, {each.input for each in warnings}
        (results / ".neuropose-ray").mkdir(parents=True)
        videos = []
        for name in job.inputs:
            folder = results / Path(name).stem
            videos.append(
                VideoResult(input=name, name=folder.name, state="failed" if name in broken else "completed")
            )
            if name not in broken:
                folder.mkdir()
                (folder / "results.json").write_text(ONE_VIDEO % name)
                (folder / "predictions.parquet").write_bytes(b"poses")
        summary = RunSummary(
            model="blazepose", model_sha256="0", engine="serve", started_at=datetime.now(UTC), seconds=1.0,
            frames_computed=1, videos=tuple(videos), not_videos=(),
        )  # fmt: skip
        write_summary(summary, results)

    def _file(self, job_id: str) -> Path:
        return self.data.root / f"{job_id}.job"
