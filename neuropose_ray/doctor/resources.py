"""Checks of what a service stands on: its folder, its database's file, and the ports that it listens at."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from neuropose_ray.doctor.checks import Check, nearest_existing


def check_folder(name: str, folder: Path, *, least_free_bytes: int = 0) -> Check:
    """Check that a folder can be written, or made, and that its disk has room.

    Args:
        name: of the check.
        folder: that is there, or will be made.
        least_free_bytes: that are kept free.
    """
    existing = nearest_existing(folder)
    if not existing.is_dir():
        return Check(name, "fail", f"{existing} is no folder", "choose another data_dir")
    if not os.access(existing, os.R_OK | os.W_OK | os.X_OK):
        return Check(
            name, "fail", f"{existing} cannot be written", "give its user the right, or choose another data_dir"
        )
    free = shutil.disk_usage(existing).free
    found = f"{folder}{'' if existing == folder else ', which is not there yet'}; {free / 1e9:.1f} GB free"
    if free < least_free_bytes:
        kept = f"{least_free_bytes / 1e9:.1f} GB are kept"
        return Check(name, "warn", f"{found}, {kept}", "make room: new jobs are refused")
    if existing == folder and existing.stat().st_mode & 0o007:
        return Check(name, "warn", f"{found}; others of this machine may read it", f"chmod o-rwx {folder}")
    return Check(name, "ok", found)


def check_sqlite(name: str, file: Path) -> Check:
    """Check that a database of SQLite is whole, without changing it; one that is not there is made later."""
    if not os.path.exists(file):  # noqa: PTH110  which Path.exists raises for where a folder may not be entered
        return Check(name, "ok", f"{file}, which is not there yet")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return Check(name, "fail", f"{file}: {error}", "restore it from a backup, or move it away")
    if verdict != "ok":
        return Check(name, "fail", f"{file} is damaged", "restore it from a backup, or move it away")
    return Check(name, "ok", f"{file}, {file.stat().st_size / 1e6:.1f} MB")


def check_port(name: str, host: str, port: int) -> Check:
    """Check that nobody listens at a port yet, and that it may be listened at."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        advice = "end what listens there, or choose another" if taken else "choose another"
        return Check(name, "warn", f"{host}:{port}: {error.strerror or error}", advice)
    return Check(name, "ok", f"{host}:{port} is free")
