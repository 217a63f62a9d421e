"""An inbox at work in a thread, with jobs that tests end."""

import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.jobs_in_files import JobsInFiles

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.inbox import Inbox
from neuropose_ray.service.inbox.status_file import load_status
from neuropose_ray.service.settings import InboxSettings


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


#: As long as it says, and with an index: all that the inbox looks at.
WHOLE = box(b"ftyp", b"isom") + box(b"mdat", bytes(40)) + box(b"moov", bytes(20))


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def drop(data: DataFolder, name: str, *files: str, content: bytes = b"a video") -> Path:
    """A folder that appears whole, as a rename makes it."""
    aside = data.root / "aside" / name
    aside.mkdir(parents=True)
    for file in files:
        (aside / file).write_bytes(content)
    return aside.rename(data.inbox / name)


@contextmanager
def running(
    data: DataFolder, jobs: JobsInFiles, settle_s: float = 0.05, unfinished_s: float = 0.1
) -> Iterator[Inbox]:
    inbox = Inbox(data, InboxSettings(poll_s=0.1, settle_s=settle_s, unfinished_s=unfinished_s), jobs)
    thread = threading.Thread(target=inbox.run)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.stop()
        thread.join()


def waiting(data: DataFolder) -> dict[str, str]:
    """What folders and videos wait for that are not taken yet."""
    entries = load_status(data.status_file) if data.status_file.exists() else {}
    return {name: entry.error for name, entry in entries.items() if entry.status == "processing" and entry.error}


def status(data: DataFolder) -> dict[str, str]:
    if not data.status_file.exists():
        return {}
    return {name: entry.status for name, entry in load_status(data.status_file).items()}
