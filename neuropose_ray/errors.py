"""Every error that a user can meet. One line each: where it happened, what is wrong, what to do."""

from __future__ import annotations

from dataclasses import dataclass


class NeuroposeRayError(Exception):
    """The root of this package's errors.

    ``code`` is stable and meant for programs; ``retryable`` says whether trying the same thing again can help.
    ``cause`` says where errors of this code mostly come from, and ``remedy`` what to do, a sentence each.
    """

    code = "error"
    retryable = False
    cause = "Nothing more special is known of it."
    remedy = "Run the command again with --verbose, and report what it prints."

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
    cause = "A misspelt name, a value out of its range, or two settings that exclude each other."
    remedy = "Correct what the message names; --help and the settings' descriptions list what is allowed."


class InputError(NeuroposeRayError):
    """An input cannot be used."""

    code = "input"
    cause = "The file is there, but holds no person, no times, or not what the command needs."
    remedy = "Read what the message says of the file, and give another one or process it again."


class InputNotFoundError(InputError):
    """A path that does not exist, or a folder without a single video."""

    code = "input_not_found"
    cause = "A typing error, a folder that is not mounted, or a pattern that matches nothing."
    remedy = "Check the path with ls; patterns need quotes, and URLs the access of this machine."


class MissingFileError(InputNotFoundError, FileNotFoundError):
    """A file that does not exist; a FileNotFoundError for NeuroPose's callers."""


class VideoError(InputError):
    """A video that cannot be opened, or has no picture stream."""

    code = "video_unreadable"
    cause = "No video, a file that was cut off while it was copied, or an audio file."
    remedy = "Play the file elsewhere; copy or export it again, as MP4 with H.264 where in doubt."


class DecodeError(InputError):
    """Frames of an opened video that cannot be decoded."""

    code = "video_decode"
    cause = "Damaged parts, or a codec that this machine's FFmpeg does not know."
    remedy = "Copy the file again, or convert it: ffmpeg -i IN -c:v libx264 OUT.mp4."


class FetchError(InputNotFoundError):
    """An input that did not come from its host, and may when it is asked for again."""

    code = "input_fetch"
    retryable = True
    cause = "The host is away, refuses, or ended the transfer early."
    remedy = "Try again later; check the URL and its access in a browser or with curl."


class SegmentsExistError(InputError):
    """A file has segments of the name that new ones should get."""

    code = "segments_exist"
    cause = "The same segmentation was saved before under this name."
    remedy = "Choose another --name, or --force to replace the old segments."


class FileFormatError(InputError):
    """A predictions, results or report file that is not what it should be."""

    code = "file_format"
    cause = "Another program's file, a damaged one, or one that was changed by hand."
    remedy = "Give the file that a run or an analysis wrote, or make it again."


class FutureSchemaError(FileFormatError):
    """A file written by a newer version of this package."""

    code = "file_too_new"
    cause = "A newer neuropose-ray wrote the file."
    remedy = "Update neuropose-ray on this machine."


class MigrationError(FileFormatError):
    """A file whose version cannot be told, or from whose version nothing leads to the present one."""

    code = "file_version"
    cause = "The schema_version is no whole number, or no migration is known from it."
    remedy = "Make the file again with the program that wrote it, or process the video again."


class MigrationNotFoundError(MigrationError):
    """A file of a version from which nothing leads to the present one."""


class SignalError(InputError, ValueError):
    """A signal, or what is asked of it, that cannot be used; a ValueError for NeuroPose's callers."""

    code = "signal"
    cause = "A signal without numbers or without peaks, or settings that do not fit it."
    remedy = "Choose another joint or axis, clean the motion first, or correct the settings."


class SequenceError(InputError, ValueError):
    """An array, or what is asked of it, that an analysis cannot use; a ValueError for NeuroPose's callers."""

    code = "sequence"
    cause = "Arrays of different shapes, of no frames, or with gaps that the method does not allow."
    remedy = "Clean the motion, choose a policy for missing values, or compare the same joints."


class UnknownJointError(InputError, KeyError):
    """A joint's name that the skeleton does not have; a KeyError for NeuroPose's callers."""

    code = "joint_unknown"
    cause = "A typing error, or a joint of another skeleton."
    remedy = "Take one of the names that the message lists."

    def __str__(self) -> str:
        """The message as it is; KeyError would put it in quotes."""
        return Exception.__str__(self)


class ModelError(NeuroposeRayError):
    """A pose model that cannot be found, fetched, loaded or run."""

    code = "model"
    cause = "Files that are no pose model, or a library for it that is not installed."
    remedy = "Run neuropose-ray doctor, and neuropose-ray models list."


class UnknownModelError(ModelError):
    """A model name that is not in the weight store."""

    code = "model_unknown"
    cause = "A typing error, or a model that was never added."
    remedy = "neuropose-ray models list shows the names."


class WeightsUnavailableError(ModelError):
    """Weights that are not in the cache and cannot be fetched."""

    code = "weights_unavailable"
    retryable = True
    cause = "No internet, or the host of the weights is away."
    remedy = "Try again; without internet copy the cache of weights from another machine."


class DigestMismatchError(ModelError):
    """Weights whose SHA-256 is not the expected one."""

    code = "weights_digest"
    cause = "The download was changed or cut off, or another version lies there."
    remedy = "Remove the file that the message names, so that it is fetched again."


class OutputError(NeuroposeRayError):
    """An output that cannot be written: no permission, no space, not a folder."""

    code = "output"
    cause = "No permission to write there, a file in the place of a folder, or a folder of another run."
    remedy = "Choose another --out, or set the permissions of this one."


class DiskFullError(OutputError):
    """An output for which the disk, or the user's quota of it, has no space left; with space the same works."""

    code = "disk_full"
    retryable = True
    cause = "The disk or the quota has no space left; what was finished is kept."
    remedy = "Make space, and run the same command again: it goes on where it was."


class RunLockedError(OutputError):
    """Another run is writing into the same output folder."""

    code = "output_locked"
    retryable = True
    cause = "Another run works in this folder, or one that was killed did seconds ago."
    remedy = "Wait for it; a lease that nobody renews ends by itself."


class EngineError(NeuroposeRayError):
    """The engine (threads or Ray) failed, not the data."""

    code = "engine"
    retryable = True
    cause = "Ray could not be started or reached, or a worker process died."
    remedy = "Try again; --engine local does without Ray, neuropose-ray doctor looks at this machine."


class StalledError(EngineError):
    """A chunk of which no frame was finished for too long."""

    code = "stalled"
    cause = "A decoder or a model that hangs, or a machine that is far too busy."
    remedy = "Try again with fewer --workers; look at the video that the message names."


class DecoderLostError(EngineError):
    """A decoder in a process of its own that died or hung."""

    code = "decoder_lost"
    cause = "The process that decodes a camera or a video was killed, often for want of memory."
    remedy = "Try again; give the machine more memory or the source a lower resolution."


class ServiceError(NeuroposeRayError):
    """The service cannot do what it is asked."""

    code = "service"
    cause = "The service refused or could not do it."
    remedy = "Read the message; neuropose-ray status and the service's log say more."


class ServiceUnreachableError(ServiceError):
    """The service does not answer at its address."""

    code = "service_unreachable"
    retryable = True
    cause = "The service does not run, listens elsewhere, or a firewall is between."
    remedy = "Start it with neuropose-ray serve, or give its address with --url."


class ServiceRunningError(ServiceError):
    """Another service has the data folder."""

    code = "service_running"
    cause = "A service runs already with this data folder."
    remedy = "Use the running one (neuropose-ray status), stop it, or choose another --data-dir."


class ServiceDiedError(ServiceError):
    """A job with which the service died, or ended, too many times."""

    code = "service_died"
    cause = "The service ended several times while it did this job, mostly for want of memory."
    remedy = "Look at the service's log; give it more memory or a smaller video, and retry the job."


class InternalError(ServiceError):
    """An unforeseen error of the service; its log has the details."""

    code = "internal"
    cause = "A fault of the program that nobody foresaw."
    remedy = "Look for the id in the service's log, or at the job's log, and report it."


class NotReadyError(ServiceError):
    """A part of the service is still starting, or is being replaced."""

    code = "not_ready"
    retryable = True
    cause = "The pose model is being loaded, or a part is being replaced."
    remedy = "Wait for /v1/ready, or for the seconds of Retry-After."


class OverloadedError(ServiceError):
    """A queue is full; ``retry_after_s`` is what a client is told to wait."""

    code = "overloaded"
    retryable = True
    cause = "More requests at a time than the service takes."
    remedy = "Wait for the seconds of Retry-After; send fewer requests at a time, or jobs."
    retry_after_s = 5.0


class RequestTimeoutError(ServiceError):
    """A request took longer than it may."""

    code = "request_timeout"
    retryable = True
    cause = "The model was busy with earlier requests, or the pictures are many and large."
    remedy = "Try again, send fewer or smaller pictures, or make a job of them."


class StorageFullError(ServiceError):
    """The disk of the data folder is nearly full."""

    code = "storage_full"
    retryable = True
    cause = "The data folder's disk is nearly full."
    remedy = "Remove old jobs with jobs remove, shorten their retention, or enlarge the disk."


class DrainingError(ServiceError):
    """The service takes no new jobs."""

    code = "draining"
    retryable = True
    cause = "An operator drains the service before it is stopped."
    remedy = "Wait for the new service, or ask the operator to resume."


class AccessError(ServiceError):
    """A token is missing, unknown, or does not allow this."""

    code = "access"
    cause = "No token, one that has ended, or one whose scope does not allow this."
    remedy = "Send a token: Authorization: Bearer TOKEN; an admin makes one with service token."


class JobNotFoundError(ServiceError):
    """No job of this id, or no such file in it."""

    code = "job_not_found"
    cause = "A typing error, a job of another token, or one that retention has removed."
    remedy = "neuropose-ray jobs list shows the jobs that you may see."


class BatchNotFoundError(JobNotFoundError):
    """No batch of this id."""

    code = "batch_not_found"
    cause = "A typing error, a batch of another token, or one whose jobs were all removed."
    remedy = "neuropose-ray jobs batches list shows the batches that you may see."


class JobStateError(ServiceError):
    """A job in this state does not allow it, or an Idempotency-Key was used for another request."""

    code = "job_state"
    cause = "The job has ended or has not, or the key was used for another request."
    remedy = "Look at it with jobs show; send a new Idempotency-Key with a new request."


class JobCancelledError(ServiceError):
    """The job was cancelled while it ran."""

    code = "job_cancelled"
    cause = "Somebody cancelled the job."
    remedy = "Submit it again where it is still wanted."


class StepTimeoutError(ServiceError):
    """A step of a job took longer than it may."""

    code = "step_timeout"
    retryable = True
    cause = "A step that is larger than its time limit, or a machine that is too busy."
    remedy = "Raise the step's time limit in the configuration, or retry the job."


class RequestError(ServiceError):
    """A request that is not well formed."""

    code = "request"
    cause = "A field that is missing or wrong, or a body of another media type."
    remedy = "Correct what the message names; /docs describes every route."


class TooLargeError(RequestError):
    """Bytes, frames, pixels or seconds beyond a limit."""

    code = "too_large"
    cause = "The upload, picture, video or text is beyond a limit of the service."
    remedy = "Send less at a time, or ask the operator to raise the limit that is named."


class SlowRequestError(RequestError):
    """A body that comes too slowly, or not at all."""

    code = "request_too_slow"
    cause = "The connection is too slow for the limit, or the client stopped sending."
    remedy = "Send it from nearer, smaller, or let the service fetch it by a URL."


class ForbiddenInputError(RequestError):
    """An input that this service may not read."""

    code = "input_forbidden"
    cause = "The path or host is not among those that the operator allowed."
    remedy = "Upload the video, or let the operator add it to the allowed inputs."


class AddressRefusedError(RequestError):
    """A host, or an address of it, that may not be connected to on a client's behalf."""

    code = "address_refused"
    cause = "The host is in a private network or at this machine, which clients may not reach."
    remedy = "Let the operator allow the host, where it is meant to be read."


class AddressUnknownError(ServiceError):
    """A host whose name has no address now."""

    code = "address_unknown"
    retryable = True
    cause = "A misspelt host, or a name server that does not answer."
    remedy = "Check the host's name; try again later."


class LiveError(ServiceError):
    """A live stream, or what is done with it, is not what it should be."""

    code = "live"
    cause = "A message that does not fit the state of the stream or the session."
    remedy = "Read the message; schemas/live_messages.py describes what may be sent."


class SourceError(LiveError):
    """A source of live pictures that cannot be used: its URL, its access, or what it gives."""

    code = "source"
    cause = "A wrong URL, refused access, or a camera whose format is not known."
    remedy = "Open the URL with ffplay; check user, password and the kind of stream."


class RuleError(LiveError):
    """A pipeline of rules that is wrong; ``where`` is the path of the field."""

    code = "rule"
    cause = "A field of the pipeline that is missing, misspelt or out of its range."
    remedy = "Correct the field whose path the message names."


class StoreError(LiveError):
    """A store of records, images or events that refuses, or is not there."""

    code = "store"
    cause = "A database or folder that refuses what is written, or was never set."
    remedy = "Check service.live.stores and the rights of its user."


class BundleError(LiveError):
    """A bundle of rules and models that is damaged, hostile or of another kind."""

    code = "bundle"
    cause = "A zip that is damaged, lacks a file, or holds what may not be in it."
    remedy = "Make the bundle again from its pipeline and networks."


class StreamNotFoundError(LiveError):
    """No registered stream of this id, or no picture of it yet."""

    code = "stream_not_found"
    cause = "A typing error, or a stream that was removed or has no picture yet."
    remedy = "neuropose-ray live list shows the streams."


class SessionVersionError(LiveError):
    """A session was changed by somebody else meanwhile."""

    code = "session_version"
    cause = "Somebody else changed the session between your look and your change."
    remedy = "Read it again, and send the change with the new version."


class StoreUnavailableError(StoreError):
    """A store that is away, busy or full; the same works when it is back."""

    code = "store_unavailable"
    retryable = True
    cause = "The database is being restarted, is busy, or its disk is full."
    remedy = "Nothing needs to be done: it is tried again until the store is back."


class WebhookError(LiveError):
    """A receiver of webhooks that refuses a message."""

    code = "webhook"
    cause = "The receiver answered that it does not want this message."
    remedy = "Check the URL and what the receiver expects; then send it again."


class WebhookUnavailableError(WebhookError):
    """A receiver of webhooks that is away; ``retry_after_s`` is what it asks to wait, where it says so."""

    code = "webhook_unavailable"
    retryable = True
    cause = "The receiver is away or overloaded."
    remedy = "Nothing needs to be done: it is tried again for three days."
    retry_after_s: float | None = None


class IngestError(InputError):
    """An archive that cannot be placed into the inbox."""

    code = "ingest"
    cause = "The archive cannot be unpacked into the inbox."
    remedy = "Read the message, and make the archive again."


class ArchiveInvalidError(IngestError):
    """Not an archive, damaged, encrypted, or with members that point outside."""

    code = "archive_invalid"
    cause = "No zip, a damaged or encrypted one, or one with paths that lead outside."
    remedy = "Make a plain zip of the videos alone."


class ArchiveEmptyError(IngestError):
    """An archive without a video."""

    code = "archive_empty"
    cause = "A zip without a file whose ending is that of a video."
    remedy = "Put the videos into it, as .mp4, .mov, .avi or .mkv."


class ArchiveTooLargeError(IngestError):
    """An archive whose content is beyond the limits."""

    code = "archive_too_large"
    cause = "More bytes or files than the limits allow once it is unpacked."
    remedy = "Make several archives of it."


class JobCollisionError(IngestError):
    """Jobs that are in the inbox already, or twice in one archive; ``collisions`` names them all."""

    code = "job_collision"
    cause = "Folders of these names are in the inbox already, or twice in the archive."
    remedy = "Rename them, or --force to replace those in the inbox."

    def __init__(
        self, what: str, *, where: str | None = None, hint: str | None = None, collisions: tuple[str, ...] = ()
    ) -> None:
        """Keep the names for programs."""
        self.collisions = collisions
        super().__init__(what, where=where, hint=hint)


class DescriptionError(NeuroposeRayError):
    """What an endpoint says of an analysis is not true to it, or no answer at all."""

    code = "description"
    cause = "A language model that left out a fact, or said one that was not measured."
    remedy = "The text of the templates is used; try another model, or none."


class EndpointUnavailableError(DescriptionError):
    """An endpoint does not answer, or is overloaded."""

    code = "endpoint_unavailable"
    retryable = True
    cause = "The endpoint is away or overloaded, or its URL is wrong."
    remedy = "Check the endpoint's URL and key; the text of the templates is used meanwhile."


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """What is known of an error code.

    Attributes:
        code: as programs see it.
        meaning: what is wrong.
        cause: where it mostly comes from.
        remedy: what to do.
        retryable: whether trying the same thing again can help.
    """

    code: str
    meaning: str
    cause: str
    remedy: str
    retryable: bool


def error_catalogue() -> tuple[ErrorEntry, ...]:
    """Every error code with what is known of it, in the order of this module."""
    kinds = [kind for kind in globals().values() if isinstance(kind, type) and issubclass(kind, NeuroposeRayError)]
    return tuple(
        ErrorEntry(kind.code, _meaning(kind), kind.cause, kind.remedy, kind.retryable)
        for kind in kinds
        if "code" in vars(kind)
    )


def _meaning(kind: type[NeuroposeRayError]) -> str:
    """The first paragraph of its description, without what only callers in Python need."""
    text = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return f"{text.partition(';')[0].rstrip('.')}."
