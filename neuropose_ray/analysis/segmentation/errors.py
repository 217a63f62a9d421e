"""Errors of signals and segments: ours, and at the same time those that NeuroPose's callers catch."""

from __future__ import annotations

from neuropose_ray.errors import InputError


class SignalError(InputError, ValueError):
    """A signal, or what is asked of it, that cannot be used."""

    code = "signal"


class UnknownJointError(InputError, KeyError):
    """A joint's name that the skeleton does not have."""

    code = "joint_unknown"

    def __str__(self) -> str:
        """The message as it is; KeyError would put it in quotes."""
        return Exception.__str__(self)
