"""Telling a GPU that is too small, or too full, from one that fails."""

from __future__ import annotations

# TensorFlow's allocators say RESOURCE_EXHAUSTED, but what stands around them passes on a code of its own: a copy to
# the GPU INTERNAL and "Dst tensor is not initialized", cuDNN and cuBLAS INTERNAL or UNKNOWN and their status, and a
# convolution NOT_FOUND once every algorithm has failed, mostly for want of room to work in.
_COMPLAINTS = (
    "dst tensor is not initialized",
    "no algorithm worked",
    "alloc_failed",
    "failed to alloc",
    "out of memory",
    "out_of_memory",
    "exceeds the memory limit",
    "oom when allocating",
)


def is_memory_shortage(error: Exception) -> bool:
    """Whether TensorFlow failed for want of memory, so that less at once, or another device, may do.

    What a convolution calls "No algorithm worked" can have other causes; it counts too, for a smaller batch shows.
    """
    import tensorflow as tf

    if isinstance(error, tf.errors.ResourceExhaustedError):
        return True
    veiled = (tf.errors.InternalError, tf.errors.UnknownError, tf.errors.NotFoundError)
    return isinstance(error, veiled) and any(complaint in str(error).lower() for complaint in _COMPLAINTS)
