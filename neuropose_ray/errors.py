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
        """Travel between processes whole, with what a class of errors has besides the three parts."""
        return _rebuild, (type(self), self.what, self.where, self.hint), dict(vars(self))


def _rebuild(kind: type[NeuroposeRayError], what: str, where: str | None, hint: str | None) -> NeuroposeRayError:
    return kind(what, where=where, hint=hint)


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its type's name where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


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


class FetchError(InputNotFoundError):
    """An input that did not come from its host, and may when it is asked for again."""

    code = "input_fetch"
    retryable = True


class SegmentsExistError(InputError):
    """A file has segments of the name that new ones should get."""

    code = "segments_exist"


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


class DiskFullError(OutputError):
    """An output for which the disk, or the user's quota of it, has no space left; with space the same works."""

    code = "disk_full"
    retryable = True


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


class ServiceError(NeuroposeRayError):
    """The service cannot do what it is asked."""

    code = "service"


class ServiceUnreachableError(ServiceError):
    """The service does not answer at its address."""

    code = "service_unreachable"
    retryable = True


class ServiceRunningError(ServiceError):
    """Another service has the data folder."""

    code = "service_running"


class NotReadyError(ServiceError):
    """A part of the service is still starting, or is being replaced."""

    code = "not_ready"
    retryable = True


class OverloadedError(ServiceError):
    """A queue is full; ``retry_after_s`` is what a client is told to wait."""

    code = "overloaded"
    retryable = True
    retry_after_s = 5.0


class RequestTimeoutError(ServiceError):
    """A request took longer than it may."""

    code = "request_timeout"
    retryable = True


class StorageFullError(ServiceError):
    """The disk of the data folder is nearly full."""

    code = "storage_full"
    retryable = True


class DrainingError(ServiceError):
    """The service takes no new jobs."""

    code = "draining"
    retryable = True


class AccessError(ServiceError):
    """A token is missing, unknown, or does not allow this."""

    code = "access"


class JobNotFoundError(ServiceError):
    """No job of this id, or no such file in it."""

    code = "job_not_found"


class BatchNotFoundError(JobNotFoundError):
    """No batch of this id."""

    code = "batch_not_found"


class JobStateError(ServiceError):
    """A job in this state does not allow it, or an Idempotency-Key was used for another request."""

    code = "job_state"


class JobCancelledError(ServiceError):
    """The job was cancelled while it ran."""

    code = "job_cancelled"


class StepTimeoutError(ServiceError):
    """A step of a job took longer than it may."""

    code = "step_timeout"
    retryable = True


class RequestError(ServiceError):
    """A request that is not well formed."""

    code = "request"


class TooLargeError(RequestError):
    """Bytes, frames, pixels or seconds beyond a limit."""

    code = "too_large"


class ForbiddenInputError(RequestError):
    """An input that this service may not read."""

    code = "input_forbidden"


class AddressRefusedError(RequestError):
    """A host, or an address of it, that may not be connected to on a client's behalf."""

    code = "address_refused"


class AddressUnknownError(ServiceError):
    """A host whose name has no address now."""

    code = "address_unknown"
    retryable = True


class LiveError(ServiceError):
    """A live stream, or what is done with it, is not what it should be."""

    code = "live"


class SourceError(LiveError):
    """A source of live pictures that cannot be used: its URL, its access, or what it gives."""

    code = "source"


class RuleError(LiveError):
    """A pipeline of rules that is wrong; ``where`` is the path of the field."""

    code = "rule"


class StoreError(LiveError):
    """A store of records, images or events that refuses, or is not there."""

    code = "store"


class BundleError(LiveError):
    """A bundle of rules and models that is damaged, hostile or of another kind."""

    code = "bundle"


class StreamNotFoundError(LiveError):
    """No registered stream of this id, or no picture of it yet."""

    code = "stream_not_found"


class SessionVersionError(LiveError):
    """A session was changed by somebody else meanwhile."""

    code = "session_version"


class StoreUnavailableError(StoreError):
    """A store that is away, busy or full; the same works when it is back."""

    code = "store_unavailable"
    retryable = True


class WebhookError(LiveError):
    """A receiver of webhooks that refuses a message."""

    code = "webhook"


class WebhookUnavailableError(WebhookError):
    """A receiver of webhooks that is away; ``retry_after_s`` is what it asks to wait, where it says so."""

    code = "webhook_unavailable"
    retryable = True
    retry_after_s: float | None = None


class IngestError(InputError):
    """An archive that cannot be placed into the inbox."""

    code = "ingest"


class ArchiveInvalidError(IngestError):
    """Not an archive, damaged, encrypted, or with members that point outside."""

    code = "archive_invalid"


class ArchiveEmptyError(IngestError):
    """An archive without a video."""

    code = "archive_empty"


class ArchiveTooLargeError(IngestError):
    """An archive whose content is beyond the limits."""

    code = "archive_too_large"


class JobCollisionError(IngestError):
    """Jobs that are in the inbox already, or twice in one archive; ``collisions`` names them all."""

    code = "job_collision"

    def __init__(
        self, what: str, *, where: str | None = None, hint: str | None = None, collisions: tuple[str, ...] = ()
    ) -> None:
        """Keep the names for programs."""
        self.collisions = collisions
        super().__init__(what, where=where, hint=hint)


class DescriptionError(NeuroposeRayError):
    """What an endpoint says of an analysis is not true to it, or no answer at all."""

    code = "description"


class EndpointUnavailableError(DescriptionError):
    """An endpoint does not answer, or is overloaded."""

    code = "endpoint_unavailable"
    retryable = True
