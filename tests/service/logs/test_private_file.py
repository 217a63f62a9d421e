"""Log files are for their owner alone, whatever they were before."""

import logging
from pathlib import Path

from neuropose_ray.service.logs.private_file import PrivateFileHandler


def test_a_file_that_others_could_read_is_private_from_the_first_line_on(tmp_path: Path):
    path = tmp_path / "part.jsonl"
    path.write_text("before\n")
    path.chmod(0o666)
    handler = PrivateFileHandler(path, maxBytes=20, backupCount=1, delay=True)
    for text in ("one", "a line that is longer than the file may be"):
        handler.handle(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))
    handler.close()
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["part.jsonl", "part.jsonl.1"]
