"""Settings that people write as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuropose_ray.errors import SettingsError, first_line
from neuropose_ray.faults import yaml_fault

#: More than any settings take, and little enough to be read in seconds.
_MOST_BYTES = 1 << 20
#: Deeper than any setting lies.
_MOST_LEVELS = 32


def settings_text(path: Path) -> str:
    """The text of a file that a person wrote.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not text in UTF-8.
        ValueError: it is longer than what people write, as a video or a device without an end.
    """
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES >> 20} MiB, which is no file of settings")
    return content.decode("utf-8")


def yaml_mapping(path: Path) -> dict[str, Any]:
    """The ``name: value`` pairs of a file; none of an empty one.

    Raises:
        SettingsError: it cannot be read, or holds something else.
    """
    try:
        content = parsed_yaml(settings_text(path))
    except OSError as error:
        raise SettingsError(error.strerror or str(error), where=str(path), hint="check --config") from error
    except UnicodeDecodeError as error:
        raise SettingsError("not text in UTF-8", where=str(path)) from error
    except ValueError as error:
        raise SettingsError(str(error), where=str(path)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError("not a YAML mapping", where=str(path), hint="write settings as 'name: value'")
    return content


def parsed_yaml(text: str) -> Any:
    """What a text holds.

    Raises:
        ValueError: it is not YAML, or has more levels than settings do; in one line, with its place.
    """
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(yaml_fault(error)) from error
    except RecursionError:
        raise ValueError(f"more than {_MOST_LEVELS} levels") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # a date that is none, ...
        raise ValueError(f"not YAML ({first_line(error)})") from error
    if not _has_few_levels(content):
        raise ValueError(f"more than {_MOST_LEVELS} levels")
    return content


def _has_few_levels(content: object) -> bool:
    """Whether no value lies deeper than settings do; one that holds itself, by an alias of YAML, has no end."""
    level = {id(content): content}
    for _ in range(_MOST_LEVELS):
        inner = [
            value
            for item in level.values()
            for value in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
        level = {id(value): value for value in inner}
        if not level:
            return True
    return False
