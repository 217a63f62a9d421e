"""The rule engine: from what is seen of people, frame by frame, to what is to be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from neuropose_ray.errors import first_line
from neuropose_ray.rules.branches.protocol import Branch
from neuropose_ray.rules.checks import check_pipeline
from neuropose_ray.rules.decisions import EpisodeStart, StreamIdentity, completing, entering
from neuropose_ray.rules.episode import Episode
from neuropose_ray.rules.images import encoded
from neuropose_ray.rules.observation import Moment, Observation, moment_of
from neuropose_ray.rules.regions import crop
from neuropose_ray.schemas.actions import Action, Outcome, SaveImage
from neuropose_ray.schemas.rules import Pipeline, Rule, Step
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking import OnlineTrack

#: Of a person before an episode, branches see so many seconds and frames at most: a movement may begin before the
#: person is steadily seen.
PREROLL_S, PREROLL_FRAMES = 10.0, 600


@dataclass(slots=True)
class _Person:
    """What is remembered of who is followed.

    Attributes:
        preroll: their latest frames, without pictures.
        over: when the last episode of each rule ended, by rule.
        may_repeat: the rules whose last episode was interrupted, so that the next may begin at once.
    """

    preroll: deque[Moment] = field(default_factory=lambda: deque(maxlen=PREROLL_FRAMES))
    over: dict[str, float] = field(default_factory=dict)
    may_repeat: set[str] = field(default_factory=set)


class RuleEngine:
    """The rules of one pipeline on one stream.

    It has no clock and no threads: time is that of the observations. Every episode that begins ends exactly once,
    as long as observations come, or :meth:`interrupt` or :meth:`finish` is called. For one thread at a time.
    """

    def __init__(
        self, pipeline: Pipeline, identity: StreamIdentity, branches: Mapping[str, Branch], skeleton: Skeleton
    ) -> None:
        """Begin without anybody.

        Args:
            pipeline: the rules.
            identity: of the stream.
            branches: by name; see :func:`.branches.building.build_branches`.
            skeleton: of the poses, for parts of pictures.

        Raises:
            RuleError: the pipeline contradicts itself.
            KeyError: a branch is missing.
        """
        check_pipeline(pipeline)
        self._pipeline, self._identity, self._skeleton = pipeline, identity, skeleton
        self._branches = {name: branches[name] for name in pipeline.branches}
        self._epoch: int | None = None
        self._people: dict[int, _Person] = {}
        self._open: dict[tuple[str, int], Episode] = {}
        self._numbers = dict.fromkeys((rule.name for rule in pipeline.rules), 0)

    @property
    def open_episodes(self) -> tuple[Episode, ...]:
        """Those that have begun and not ended, in the order of their begin."""
        return tuple(self._open.values())

    def observe(self, observation: Observation) -> tuple[Step, ...]:
        """Take the next frame, also one without people: time passes by observations.

        Returns:
            What happened and what is to be done, in order.
        """
        steps: list[Step] = []
        if self._epoch not in (None, observation.epoch):
            steps += self.interrupt(observation.at, "the stream began anew")
            self._people.clear()
        self._epoch = observation.epoch
        tracks = {track.track_id: track for track in observation.tracks}
        moments = {track_id: moment_of(observation, track) for track_id, track in tracks.items()}
        for episode in self.open_episodes:
            moment = moments.get(episode.entered.track_id)
            if moment is None:
                episode.finish(observation.at, "left")
            else:
                episode.observe(moment, observation.session_id)
            steps += self._advance(episode, observation.at)
        self._people = {track_id: self._people.get(track_id, _Person()) for track_id in sorted(tracks)}
        for track_id, moment in moments.items():
            _remember(self._people[track_id].preroll, moment)
        for track_id in self._candidates(observation):
            for rule in self._pipeline.rules:
                if self._may_begin(rule, track_id, observation.at):
                    steps += self._begin(rule, tracks[track_id], moments[track_id], observation)
        return tuple(steps)

    def interrupt(self, at: float, reason: str) -> tuple[Step, ...]:
        """End all open episodes as interrupted: the stream stalled, was lost, or nobody wants it any more.

        Args:
            at: Unix seconds.
            reason: why, in a few words.
        """
        steps: list[Step] = []
        for episode in self.open_episodes:
            steps += episode.conclude(at)
            steps += self._end(episode, "interrupted", reason, at)
        return tuple(steps)

    def finish(self, at: float) -> tuple[Step, ...]:
        """End all open episodes as if everybody left: the stream came to its end.

        Args:
            at: Unix seconds.
        """
        steps: list[Step] = []
        for episode in self.open_episodes:
            steps += episode.conclude(at)
            episode.finish(at, "ended")
            events, outcome = episode.poll(at)
            steps += [*events, *self._end(episode, outcome or "failed", episode.reason, at)]
        return tuple(steps)

    def _candidates(self, observation: Observation) -> Sequence[int]:
        """Whom rules may begin with: steadily seen, sure enough, and in the right number."""
        gate = self._pipeline.gate
        candidates = sorted(
            track.track_id
            for track in observation.tracks
            if track.track_id in observation.stable
            and track.row is not None
            and observation.poses.boxes[track.row, 4] >= gate.min_score
        )
        most = len(candidates) if gate.max_persons is None else gate.max_persons
        return candidates if gate.min_persons <= len(candidates) <= most else ()

    def _may_begin(self, rule: Rule, track_id: int, at: float) -> bool:
        if (rule.name, track_id) in self._open:
            return False
        person = self._people[track_id]
        over = person.over.get(rule.name)
        if over is None or rule.name in person.may_repeat:
            return True
        return rule.repeat_after_s is not None and at - over >= rule.repeat_after_s

    def _begin(self, rule: Rule, track: OnlineTrack, moment: Moment, observation: Observation) -> list[Step]:
        person = self._people[track.track_id]
        assert moment.person is not None, "candidates are seen"
        self._numbers[rule.name] += 1
        start = EpisodeStart(
            epoch=observation.epoch,
            track_id=track.track_id,
            number=self._numbers[rule.name],
            at=observation.at,
            score=moment.person.score,
            box=tuple(moment.person.box.tolist()),
            session_id=observation.session_id,
        )
        images, missing = self._images(rule.on_enter, moment)
        entered = entering(self._identity, self._pipeline, rule, start, images)
        episode = self._open[rule.name, track.track_id] = Episode(rule, entered, self._branches)
        steps: list[Step] = [episode.event("episode.entered", observation.at, {})]
        if rule.on_enter or rule.on_complete:
            steps.append(entered)
        steps += [episode.event("action.failed", observation.at, failed) for failed in missing]
        over = person.over.get(rule.name, float("-inf"))
        person.may_repeat.discard(rule.name)
        for earlier in list(person.preroll)[:-1]:
            if earlier.at > over:
                episode.observe(earlier, observation.session_id)
        episode.observe(moment, observation.session_id)
        return steps + self._advance(episode, observation.at)

    def _advance(self, episode: Episode, at: float) -> list[Step]:
        events, outcome = episode.poll(at)
        steps: list[Step] = [*events]
        if outcome == "completed":
            steps += episode.conclude(at)
        return steps + (self._end(episode, outcome, episode.reason, at) if outcome is not None else [])

    def _end(self, episode: Episode, outcome: Outcome, reason: str, at: float) -> list[Step]:
        rule, track_id = episode.rule, episode.entered.track_id
        episode.close()
        del self._open[rule.name, track_id]
        if track_id in self._people:
            self._people[track_id].over[rule.name] = at
            if outcome == "interrupted":
                self._people[track_id].may_repeat.add(rule.name)
        wanted = [action for action in rule.on_complete if outcome in action.outcomes]
        images, missing = self._images(wanted, episode.pictured)
        decision = completing(
            episode.entered,
            rule,
            outcome=outcome,
            reason=reason,
            at=at,
            results=episode.results,
            images=images,
            session_id=episode.session_id,
        )
        steps: list[Step] = [episode.event("action.failed", at, failed) for failed in missing]
        if decision.actions:
            steps.append(decision)
        data: dict[str, JsonValue] = {
            "outcome": outcome,
            "reason": reason,
            "duration_s": decision.fields["duration_s"],
            "results": {name: dict(result.fields) for name, result in episode.results.items()},
        }
        return [*steps, episode.event("episode.completed", at, data)]

    def _images(
        self, actions: Sequence[Action], moment: Moment | None
    ) -> tuple[dict[str, bytes], list[dict[str, str]]]:
        """The encoded pictures of ``save_image`` actions, and which could not be had."""
        images: dict[str, bytes] = {}
        missing = []
        for action in actions:
            if not isinstance(action, SaveImage):
                continue
            image = None if moment is None or moment.image is None else moment.image
            picture = None
            if image is not None and moment is not None:
                picture = crop(image, moment.person, action.region, self._skeleton)
            if picture is None:
                error = "there is no picture" if image is None else f"the {action.region.part} is not in the picture"
                missing.append({"action": action.name, "error": error})
                continue
            try:
                images[action.name] = encoded(picture, action)
            except ValueError as error:
                missing.append({"action": action.name, "error": first_line(error)})
        return images, missing


def _remember(preroll: deque[Moment], moment: Moment) -> None:
    preroll.append(replace(moment, image=None))
    while moment.at - preroll[0].at > PREROLL_S:
        preroll.popleft()
