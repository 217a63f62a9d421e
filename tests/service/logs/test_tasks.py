"""What tasks log has the ids of what they are run for, whichever process runs them."""

import json
import logging
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import logging, sys
from pathlib import Path
from neuropose_ray.service.logs import LoggedTask, LogFiles

def step(video):
    logging.getLogger("neuropose_ray.step").info("done with %s", video)
    return len(video)

logs = LogFiles(Path(sys.argv[1]), "Task", "info")
print(LoggedTask(step, logs, {"job": "j1", "step": "report"})("walk"))
print(LoggedTask(step, logs, {"job": "j2"})("run"))
logging.getLogger("neuropose_ray.step").info("between tasks")
"""


def test_lines_of_a_process_that_does_tasks_of_several_jobs_have_the_ids_of_each(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["4", "3"]
    (path,) = tmp_path.glob("Task-*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = [(line["message"], line.get("job"), line.get("step"), line["part"]) for line in lines]
    assert told == [
        ("done with walk", "j1", "report", "Task"),
        ("done with run", "j2", None, "Task"),
        ("between tasks", None, None, "Task"),
    ]
    assert {line["level"] for line in lines} == {logging.getLevelName(logging.INFO).lower()}
