"""An idle queue of jobs asks the database for jobs, and for hardly anything else."""

import threading
import time
from collections import Counter
from pathlib import Path

from neuropose_ray.service.deliveries import Deliveries
from neuropose_ray.service.jobs.durable import QUEUE, DurableJobs
from neuropose_ray.stores import WebhookSender, WebhookSettings

LOOKS = 4


def test_while_the_queue_is_looked_at_nothing_else_is(tmp_path: Path):
    from sqlalchemy import event

    looks: Counter[str] = Counter()
    deliveries = Deliveries(WebhookSender(WebhookSettings()), lambda *_: None, in_line_s=1.0)
    jobs = DurableJobs(f"sqlite:///{tmp_path / 'jobs.sqlite'}", 1, lambda *_: [], deliveries)
    jobs.open(paused=False)
    try:
        from dbos import _dbos

        def count(_connection, _cursor, statement: str, *_: object) -> None:
            looks[f"{threading.current_thread().name} {statement[:30]}"] += 1

        event.listen(_dbos._get_dbos_instance()._sys_db.engine, "before_cursor_execute", count)
        of_the_queue = f"queue-worker-{QUEUE} "
        while max((looks[key] for key in looks if key.startswith(of_the_queue)), default=0) < LOOKS:
            time.sleep(0.05)
    finally:
        jobs.close()
    others = [key for key in looks if key.startswith(("dbos-background-jobs", "queue-worker-_dbos"))]
    assert all(looks[key] <= 1 for key in others), looks
