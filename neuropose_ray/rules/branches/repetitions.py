"""Repetitions of a movement while it goes on, and in the end as the analysis of the whole counts them.

The analysis judges every excursion by all the others, so that only the whole movement has final numbers. While it
goes on, the latest part is analysed now and then: what two looks agree on and what lies some time back is announced.
When the episode ends the whole is analysed; what was not announced is, and what turns out to be none is withdrawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

import numpy as np
from pydantic import JsonValue

from neuropose_ray.analysis import Motion, Repetition, Repetitions, RepetitionSettings, repetitions
from neuropose_ray.rules.branches.activity import ActivityMeter
from neuropose_ray.rules.branches.executor import WorkExecutor
from neuropose_ray.rules.branches.protocol import Announcement, BranchResult, Polled
from neuropose_ray.rules.branches.series import MotionSeries
from neuropose_ray.rules.observation import Moment
from neuropose_ray.schemas.rules import RepetitionsBranch
from neuropose_ray.schemas.skeleton import Skeleton

#: What templates may name.
REPETITION_FIELDS: Final = ("value", "count", "complete_count", "movement", "unit", "mean_height", "reason")
#: Seconds of the latest movement that a look is taken at: several slow squats. The whole would cost ever more.
LOOK_S: Final = 20.0
#: After the last movement looks go on for so long, since the end of a repetition is seen after it.
_AFTER_MOVEMENT_S: Final = 3.0
#: Two looks at one repetition may find its peak so far apart.
_SAME_PEAK_S: Final = 0.25


class RepetitionsRun:
    """The repetitions of one episode."""

    def __init__(
        self,
        branch: RepetitionsBranch,
        settings: RepetitionSettings,
        skeleton: Skeleton,
        executor: WorkExecutor,
    ) -> None:
        """Begin without a frame.

        Args:
            branch: what is counted, and when it is enough.
            settings: thresholds of the analysis.
            skeleton: of the joints.
            executor: analyses, which takes tens of milliseconds.
        """
        self._branch, self._settings, self._executor = branch, settings, executor
        self._series = MotionSeries(skeleton)
        self._activity = ActivityMeter(skeleton)
        self._look: Future[Repetitions] | None = None
        self._looked_s = self._moved_s = -np.inf
        self._now_s = 0.0
        self._candidates: tuple[Repetition, ...] = ()
        self._announced: list[Repetition] = []
        self._whole: Future[Repetitions] | None = None
        self._is_finished = False

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        if not self._series.add(moment) or self._is_finished:
            return
        self._now_s = moment.time_s
        if moment.person is not None:
            self._activity.observe(moment.person)
        if self._look is None and moment.time_s - self._looked_s >= self._branch.update_s:
            self._looked_s = moment.time_s
            if self._activity.take() or self._branch.extractor is not None:
                self._moved_s = moment.time_s
            if moment.time_s - self._moved_s <= _AFTER_MOVEMENT_S + self._branch.settled_s:
                self._look = self._analysed(self._series.motion(LOOK_S))

    def finish(self) -> None:
        """Settle on what is known."""
        self.close()
        self._is_finished = True
        self._whole = self._analysed(self._series.motion())

    def poll(self) -> Polled:
        """Give repetitions that are sure enough, and the result once the target is reached or the end is there."""
        target = self._branch.target
        announcements: tuple[Announcement, ...] = ()
        if self._look is not None and self._look.done():
            look, self._look = self._look.result(), None
            announcements = self._newly_sure(look.records)
            if target is not None and self._whole is None and len(self._announced) >= target:
                self._whole = self._analysed(self._series.motion())
        if self._whole is None or not self._whole.done():
            return announcements, None
        whole, self._whole = self._whole.result(), None
        if not self._is_finished and target is not None and _complete(whole) < target:
            return announcements, None
        settled, result = self._settled(whole)
        return (*announcements, *settled), result

    def conclude(self) -> Polled:
        """Give the result of all that was seen, at once."""
        self.close()
        return self._settled(_repetitions(self._series.motion(), self._branch, self._settings))

    def close(self) -> None:
        """Give up what is still being computed."""
        for future in (self._look, self._whole):
            if future is not None:
                future.cancel()
        self._look = self._whole = None

    def _analysed(self, motion: Motion) -> Future[Repetitions]:
        return self._executor.submit(_repetitions, motion, self._branch, self._settings)

    def _newly_sure(self, records: Sequence[Repetition]) -> tuple[Announcement, ...]:
        """Announce what two looks agree on and what ended some time ago."""
        sure = [
            record
            for record in records
            if record.complete
            and self._now_s - record.end_s >= self._branch.settled_s
            and any(_same(record, candidate) for candidate in self._candidates)
            and not any(_overlap(record, announced) for announced in self._announced)
        ]
        self._candidates = tuple(records)
        self._announced += sure
        before = len(self._announced) - len(sure)
        return tuple(_announcement(record, before + index + 1) for index, record in enumerate(sure))

    def _settled(self, whole: Repetitions) -> Polled:
        """The announcements by which subscribers come to the final number, and the result."""
        withdrawn, added = _differences(self._announced, whole.records)
        count = len(self._announced) - len(withdrawn)
        announcements = [
            Announcement("repetition.withdrawn", {**_described(record), "count": len(self._announced) - index - 1})
            for index, record in enumerate(withdrawn)
        ]
        announcements += [_announcement(record, count + index + 1) for index, record in enumerate(added)]
        self._announced = list(whole.records)
        return tuple(announcements), BranchResult(_fields(whole))


def _repetitions(motion: Motion, branch: RepetitionsBranch, settings: RepetitionSettings) -> Repetitions:
    return repetitions(motion, branch.extractor, settings)


def _complete(whole: Repetitions) -> int:
    return sum(record.complete for record in whole.records)


def _fields(whole: Repetitions) -> dict[str, JsonValue]:
    heights = [record.height for record in whole.records]
    return {
        "value": len(heights),
        "count": len(heights),
        "complete_count": _complete(whole),
        "movement": whole.movement or None,
        "unit": whole.signals[0].unit if whole.signals else None,
        "mean_height": float(np.mean(heights)) if heights else None,
        "reason": whole.reason or None,
    }


def _described(record: Repetition) -> dict[str, JsonValue]:
    return {
        "start_s": record.start_s,
        "peak_s": record.peak_s,
        "end_s": record.end_s,
        "side": record.side,
        "height": record.height,
        "complete": record.complete,
    }


def _announcement(record: Repetition, count: int) -> Announcement:
    return Announcement("repetition", {**_described(record), "count": count})


def _same(first: Repetition, second: Repetition) -> bool:
    return first.side == second.side and second.complete and abs(first.peak_s - second.peak_s) <= _SAME_PEAK_S


def _overlap(first: Repetition, second: Repetition) -> bool:
    """Whether both are one repetition: one's peak lies in the other, of the same side where each has its own."""
    sides = {first.side, second.side}
    return sides != {"left", "right"} and (
        second.start_s <= first.peak_s <= second.end_s or first.start_s <= second.peak_s <= first.end_s
    )


def _differences(
    announced: Sequence[Repetition], final: Sequence[Repetition]
) -> tuple[list[Repetition], list[Repetition]]:
    """What was announced and is none in the end, and what is one and was not announced; each stands for one."""
    added = list(final)
    withdrawn = []
    for record in announced:
        match = next((candidate for candidate in added if _overlap(record, candidate)), None)
        if match is None:
            withdrawn.append(record)
        else:
            added.remove(match)
    return withdrawn, added


class RepetitionsWatcher:
    """The repetitions branch of a pipeline."""

    timeout_s = None

    def __init__(self, branch: RepetitionsBranch, skeleton: Skeleton, executor: WorkExecutor) -> None:
        """Keep what all episodes share.

        Args:
            branch: what is counted.
            skeleton: of the joints.
            executor: analyses.
        """
        self._branch, self._skeleton, self._executor = branch, skeleton, executor
        self._settings = RepetitionSettings.model_validate(dict(branch.settings))

    def begin(self) -> RepetitionsRun:
        """Begin an episode."""
        return RepetitionsRun(self._branch, self._settings, self._skeleton, self._executor)
