"""How often DBOS looks for work that nobody here gives it."""

from __future__ import annotations

#: Nothing waits for these looks. They are a third of what the job manager does while it waits.
UNUSED_POLL_S = 30.0


def look_less_often_beside_the_queue(seconds: float = UNUSED_POLL_S) -> None:
    """Let DBOS look every so many seconds, instead of every second, for what no job is.

    These are workflows with a delay or a time limit, and workflows of its internal queue: jobs are in a queue of
    their own, and their time limits are the executor's. DBOS has no setting for it. Before it is launched.
    """
    from dbos import _dbos, _workflow_commands

    _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = seconds
    _dbos._get_or_create_dbos_registry().get_internal_queue()._polling_interval_sec = seconds
