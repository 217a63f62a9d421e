"""Errors of the service: its state, its jobs and the requests to it."""

from __future__ import annotations

from neuropose_ray.errors.base import NeuroposeRayError


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
