"""JSON and YAML files as parsed values, with the errors that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import FileFormatError, InputNotFoundError

Model = TypeVar("Model", bound=BaseModel)


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read, or is not text.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise FileFormatError("not text", where=str(path)) from error


def faults(error: ValidationError) -> str:
    """All that is wrong with a record, in one line: ``field: what``, separated by semicolons."""
    lines = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in fault["loc"])
        problem = fault["msg"].removeprefix("Value error, ")
        lines.append(f"{field}: {problem}" if field else problem)
    return "; ".join(lines)
