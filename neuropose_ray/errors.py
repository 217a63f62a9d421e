"""Every error that a user can meet. One line each: where it happened, what is wrong, what to do."""

from __future__ import annotations


class NeuroposeRayError(Exception):
    """The root of this package's errors.

    ``code`` is stable and meant for programs; ``retryable`` says whether trying the same thing again can help.
    """

    code = "error"
    retryable = False

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        """Join the parts into one line: ``where: what; hint``."""
        self.what, self.where, self.hint = what, where, hint
        line = what if where is None else f"{where}: {what}"
        super().__init__(" ".join((line if hint is None else f"{line}; {hint}").split()))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with the three parts intact."""
        return _rebuild, (type(self), self.what, self.where, self.hint)


def _rebuild(kind: type[NeuroposeRayError], what: str, where: str | None, hint: str | None) -> NeuroposeRayError:
    return kind(what, where=where, hint=hint)


class SettingsError(NeuroposeRayError):
    """A setting, flag, environment variable or configuration file is wrong."""

    code = "settings"


class InputError(NeuroposeRayError):
    """An input cannot be used."""

    code = "input"


class InputNotFoundError(InputError):
    """A path that does not exist, or a folder without a single video."""

    code = "input_not_found"


class VideoError(InputError):
    """A video that cannot be opened, or has no picture stream."""

    code = "video_unreadable"


class DecodeError(InputError):
    """Frames of an opened video that cannot be decoded."""

    code = "video_decode"


class FileFormatError(InputError):
    """A predictions, results or report file that is not what it should be."""

    code = "file_format"


class FutureSchemaError(FileFormatError):
    """A file written by a newer version of this package."""

    code = "file_too_new"


class ModelError(NeuroposeRayError):
    """A pose model that cannot be found, fetched, loaded or run."""

    code = "model"


class UnknownModelError(ModelError):
    """A model name that is not in the weight store."""

    code = "model_unknown"


class WeightsUnavailableError(ModelError):
    """Weights that are not in the cache and cannot be fetched."""

    code = "weights_unavailable"
    retryable = True


class DigestMismatchError(ModelError):
    """Weights whose SHA-256 is not the expected one."""

    code = "weights_digest"


class OutputError(NeuroposeRayError):
    """An output that cannot be written: no permission, no space, not a folder."""

    code = "output"


class RunLockedError(OutputError):
    """Another run is writing into the same output folder."""

    code = "output_locked"
    retryable = True


class EngineError(NeuroposeRayError):
    """The engine (threads or Ray) failed, not the data."""

    code = "engine"
    retryable = True


class StalledError(EngineError):
    """A chunk of which no frame was finished for too long."""

    code = "stalled"


class DecoderLostError(EngineError):
    """A decoder in a process of its own that died or hung."""

    code = "decoder_lost"
