"""Errors of analysing motions and of describing an analysis in words."""

from __future__ import annotations

from neuropose_ray.errors.base import NeuroposeRayError
from neuropose_ray.errors.inputs import InputError


class SegmentsExistError(InputError):
    """A file has segments of the name that new ones should get."""

    code = "segments_exist"
    cause = "The same segmentation was saved before under this name."
    remedy = "Choose another --name, or --force to replace the old segments."


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
