"""One episode: a rule at work on one person, from enter to complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from neuropose_ray.rules.branches.protocol import Announcement, Branch, BranchResult
from neuropose_ray.rules.isolation import IsolatedRun
from neuropose_ray.rules.join import joined
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.actions import Outcome
from neuropose_ray.schemas.rules import Decision, LiveEvent, LiveEventKind, Rule

#: After the last frame, branches have this long at most to settle, however their executor fares.
SETTLE_S = 60.0


class Episode:
    """The branches of one rule on one person, and when they are enough."""

    def __init__(self, rule: Rule, entered: Decision, branches: Mapping[str, Branch]) -> None:
        """Begin the branches.

        Args:
            rule: at work.
            entered: the decision at the begin.
            branches: of the pipeline, by name.
        """
        self.rule, self.entered = rule, entered
        self.session_id = entered.session_id
        #: The latest frame that shows the person with a picture.
        self.pictured: Moment | None = None
        self.reason = "joined"
        self._finished_at: float | None = None
        self._runs = [IsolatedRun(branch.name, branches[branch.name], entered.at) for branch in rule.branches]
        self._reported: set[str] = set()

    @property
    def results(self) -> dict[str, BranchResult]:
        """Of the branches that are settled."""
        return {run.name: run.result for run in self._runs if run.result is not None}

    def observe(self, moment: Moment, session_id: str | None) -> None:
        """Take the person's next frame."""
        self.session_id = session_id
        if moment.person is not None and moment.image is not None:
            self.pictured = moment
        if self._finished_at is None:
            for run in self._runs:
                run.observe(moment)

    def finish(self, at: float, reason: str) -> None:
        """Let the branches settle on what they know, since no frame will follow."""
        if self._finished_at is None:
            self._finished_at, self.reason = at, reason
            for run in self._runs:
                run.finish()

    def poll(self, at: float) -> tuple[list[LiveEvent], Outcome | None]:
        """What happened, and how the episode ends; None while it does not.

        Args:
            at: Unix seconds.
        """
        if at - self.entered.at >= self.rule.max_duration_s:
            self.finish(at, "max_duration")
        timeout_s = self.rule.join.timeout_s
        is_late = timeout_s is not None and at - self.entered.at >= timeout_s
        if is_late:
            self.finish(at, "timeout")
        events = self._events_of(((run, run.poll(at)) for run in self._runs), at)
        if is_late or (self._finished_at is not None and at - self._finished_at >= SETTLE_S):
            for run in self._runs:
                run.give_up(at)
        events += self._settled(at)
        if not self._runs:
            return events, None if self._finished_at is None else "completed"
        return events, joined(self.rule.join, [run.name for run in self._runs], self.results)

    def conclude(self, at: float) -> list[LiveEvent]:
        """Settle all branches at once, by what they know."""
        events = self._events_of(((run, run.conclude()) for run in self._runs), at)
        return events + self._settled(at)

    def close(self) -> None:
        """Give up what branches are still computing."""
        for run in self._runs:
            if run.result is None:
                run.close()

    def event(self, kind: LiveEventKind, at: float, data: Mapping[str, JsonValue]) -> LiveEvent:
        """Something that happened in this episode."""
        return LiveEvent(
            kind=kind,
            at=at,
            epoch=self.entered.epoch,
            track_id=self.entered.track_id,
            rule=self.rule.name,
            episode=self.entered.episode,
            episode_id=str(self.entered.fields["uuid"]),
            session_id=self.session_id,
            data=dict(data),
        )

    def _events_of(
        self, announced: Iterable[tuple[IsolatedRun, tuple[Announcement, ...]]], at: float
    ) -> list[LiveEvent]:
        return [
            self.event(announcement.kind, at, {"branch": run.name, **announcement.data})
            for run, announcements in announced
            for announcement in announcements
        ]

    def _settled(self, at: float) -> list[LiveEvent]:
        """The events of branches that are settled since this was last asked."""
        events = []
        for name, result in self.results.items():
            if name not in self._reported:
                self._reported.add(name)
                kind: LiveEventKind = "branch.failed" if result.failed else "branch.completed"
                events.append(self.event(kind, at, {"branch": name, **result.fields}))
        return events
