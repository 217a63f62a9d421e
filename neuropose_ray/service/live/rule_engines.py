"""A pipeline at work on one view of a stream."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from neuropose_ray.rules import Observation, RuleEngine, StreamIdentity, build_branches, load_pipeline
from neuropose_ray.service.live import stream_parts
from neuropose_ray.service.live.attachments import Attachment
from neuropose_ray.service.live.rule_runs import Steps
from neuropose_ray.service.live.view import Viewed
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.tracking import StabilityGate
from neuropose_ray.video.live import LiveFrame

#: Threads of one stream for classifiers, and for repetitions.
_WORKERS = 2


class RuleEngines:
    """Makes the engines of one stream.

    Args:
        stream: whose they are.
    """

    def __init__(self, stream: stream_parts.StreamIdentity) -> None:
        self._stream = stream
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="rules")

    def __call__(self, attachment: Attachment, model: LiveModel) -> PipelineRun:
        """The run of an attachment's pipeline.

        Raises:
            RuleError: it cannot be run.
            ModelError: a network of it cannot be loaded.
        """
        pipeline = load_pipeline(json.loads(attachment.pipeline or "{}"))
        stream_id = attachment.stream_id or self._stream.key
        identity = StreamIdentity(
            stream_id,
            attachment.camera_id or stream_id,
            # Clients name their subscriptions themselves, and may choose the same name.
            f"{self._stream.life} {attachment.token}",
            attachment.subscription_id,
            attachment.owner,
        )
        branches = build_branches(pipeline, model.info.skeleton, self._workers, attachment.models)
        engine = RuleEngine(pipeline, identity, branches, model.info.skeleton)
        return PipelineRun(engine, StabilityGate(pipeline.gate.stable))


class PipelineRun:
    """A rule engine behind its stability gate: nothing acts on who is not steadily seen.

    Args:
        engine: of the pipeline.
        gate: whose window and limits are the pipeline's.
    """

    def __init__(self, engine: RuleEngine, gate: StabilityGate) -> None:
        self._engine, self._gate = engine, gate

    def observe(self, viewed: Viewed, frame: LiveFrame, session_id: str | None) -> Steps:
        """What the next frame leads to."""
        stable = self._gate.update(viewed.tracks, viewed.poses, viewed.at)
        return self._engine.observe(
            Observation(
                at=frame.captured_at,
                epoch=frame.epoch,
                tracks=viewed.tracks,
                stable=stable,
                poses=viewed.poses,
                time_s=viewed.at,
                image=frame.image,
                session_id=session_id,
            )
        )

    def interrupt(self, at: float, reason: str) -> Steps:
        """End all episodes that are open."""
        self._gate.reset()
        return self._engine.interrupt(at, reason)

    def finish(self, at: float) -> Steps:
        """End all episodes as if everybody left: the source has come to its end."""
        return self._engine.finish(at)
