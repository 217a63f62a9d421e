"""Errors of a run: its pose model, its output folder and its engine."""

from __future__ import annotations

from neuropose_ray.errors.base import NeuroposeRayError


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
