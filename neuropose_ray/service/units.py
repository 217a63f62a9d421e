"""The service as one of the system's own: units for systemd and launchd with the paths of this installation."""

from __future__ import annotations

import plistlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import SettingsError

NAME = "neuropose-ray"
#: For running jobs to be handed back to the queue, and Ray to end.
STOP_S = 120
#: The exit code of `serve` where a setting is wrong: to start it again would change nothing.
_WRONG_SETTINGS = 2
#: Of open files: Ray keeps several for each worker, and each client has one.
_OPEN_FILES = 65536


@dataclass(frozen=True, slots=True)
class ServiceUnit:
    """What a unit starts.

    Attributes:
        command: with absolute paths.
        data: the data folder, absolute.
        log: what the service prints goes to the end of this file.
        user: whose rights it has; None for the unit of one user.
    """

    command: tuple[str, ...]
    data: Path
    log: Path
    user: str | None

    def __post_init__(self) -> None:
        """Refuse what would end its line in a unit.

        Raises:
            SettingsError: a path or name has a control character.
        """
        for text in (*self.command, str(self.data), str(self.log), self.user or ""):
            require_one_line(text)

    def systemd(self) -> str:
        """A unit file; see systemd.service(5)."""
        account = "" if self.user is None else f"User={_specifiers(self.user)}\n"
        target = "default.target" if self.user is None else "multi-user.target"
        command = " ".join(_quoted(word).replace("$", "$$") for word in self.command)
        data = _quoted(f"NEUROPOSE_SERVICE__DATA_DIR={self.data}")
        return f"""\
[Unit]
Description=neuropose-ray: 3D poses and motion analysis from video
After=network.target

[Service]
Type=exec
ExecStart={command}
Environment={data}
WorkingDirectory={_specifiers(str(self.data))}
{account}StandardOutput=append:{_specifiers(str(self.log))}
StandardError=inherit
KillMode=mixed
TimeoutStopSec={STOP_S}
Restart=on-failure
RestartPreventExitStatus={_WRONG_SETTINGS}
RestartSec=5
UMask=0077
NoNewPrivileges=yes
LimitNOFILE={_OPEN_FILES}

[Install]
WantedBy={target}
"""

    def launchd(self) -> bytes:
        """A property list; see launchd.plist(5)."""
        account = {} if self.user is None else {"UserName": self.user}
        return plistlib.dumps(
            {
                "Label": NAME,
                "ProgramArguments": list(self.command),
                "EnvironmentVariables": {"NEUROPOSE_SERVICE__DATA_DIR": str(self.data)},
                "WorkingDirectory": str(self.data),
                **account,
                "RunAtLoad": True,
                "KeepAlive": {"SuccessfulExit": False},
                "ExitTimeOut": STOP_S,
                "StandardOutPath": str(self.log),
                "StandardErrorPath": str(self.log),
                "Umask": 0o077,
                "SoftResourceLimits": {"NumberOfFiles": _OPEN_FILES},
            }
        )


def require_one_line(text: str) -> None:
    """Refuse a text that files for service managers cannot hold.

    Raises:
        SettingsError: it has a control character, such as a line break.
    """
    if unprintable := re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", text):
        what = f"has the character {unprintable[0]!a}, which no file for a service manager can hold"
        raise SettingsError(what, where=repr(text), hint="choose another name")


def serve_command(config: Path | None) -> tuple[str, ...]:
    """The command that serves, by this very Python, wherever the unit is started."""
    script = Path(sys.executable).parent / NAME
    start = (
        (str(script),) if script.exists() else (sys.executable, "-c", "from neuropose_ray.cli import main; main()")
    )
    return (*start, "serve", *(() if config is None else ("--config", str(config.absolute()))))


def systemd_path(*, for_user: bool) -> Path:
    """Where systemd looks for the unit."""
    folder = Path.home() / ".config/systemd/user" if for_user else Path("/etc/systemd/system")
    return folder / f"{NAME}.service"


def launchd_path(*, for_user: bool) -> Path:
    """Where launchd looks for the property list."""
    folder = Path.home() / "Library/LaunchAgents" if for_user else Path("/Library/LaunchDaemons")
    return folder / f"{NAME}.plist"


def _quoted(word: str) -> str:
    """A word of a command or an assignment, as systemd.syntax(7) reads it."""
    escaped = _specifiers(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if any(letter in escaped for letter in " \t\"'\\;") else escaped


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
