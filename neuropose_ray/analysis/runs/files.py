"""Text files, with the errors that a user can act on."""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.errors import FileFormatError, MissingFileError
from neuropose_ray.yaml_files import settings_text


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it cannot be read, or is not text.
    """
    try:
        return settings_text(path)
    except FileNotFoundError as error:
        raise MissingFileError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise FileFormatError("not text", where=str(path)) from error
    except ValueError as error:
        raise FileFormatError(str(error), where=str(path)) from error
