"""Texts as they are in TensorFlow's library and in reports of its users."""

import pytest

from neuropose_ray.models.metrabs.shortage import is_memory_shortage

SHORTAGES = [
    ("ResourceExhaustedError", "OOM when allocating tensor with shape[32,1080,1920,3] and type float"),
    ("ResourceExhaustedError", "failed for a reason that it does not say"),
    (
        "InternalError",
        "Failed copying input tensor from /job:localhost/replica:0/task:0/device:CPU:0 to "
        "/job:localhost/replica:0/task:0/device:GPU:0 in order to run _EagerConst: Dst tensor is not initialized.",
    ),
    ("InternalError", "2 root error(s) found.\n  (0) INTERNAL: Dst tensor is not initialized.\n\t [[{{node x}}]]"),
    ("InternalError", "CUDA runtime implicit initialization on GPU:0 failed. Status: out of memory"),
    ("InternalError", "failed call to cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY"),
    ("InternalError", "failed to create cublas handle: CUBLAS_STATUS_ALLOC_FAILED"),
    ("UnknownError", "CUDNN_STATUS_ALLOC_FAILED\nin tensorflow/stream_executor/cuda/cuda_dnn.cc(4023): 'status'"),
    ("UnknownError", "CUDNN failed to allocate the scratch space for the runner"),
    ("UnknownError", "Allocating 95420720 bytes exceeds the memory limit of 4294967296 bytes."),
    (
        "NotFoundError",
        "No algorithm worked!  Error messages:\n  Profiling failure on CUDNN engine 1: RESOURCE_EXHAUSTED: "
        "Out of memory while trying to allocate 95420720 bytes.",
    ),
    ("NotFoundError", "No algorithm worked!"),
]
OTHERS = [
    ("InternalError", "Blas xGEMM launch failed : a.shape=[1,4,4]"),
    ("InternalError", "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered"),
    ("UnknownError", "CUDNN_STATUS_EXECUTION_FAILED"),
    ("NotFoundError", "variables/variables.index; No such file or directory"),
    ("InvalidArgumentError", "Input is not invertible."),
    ("FailedPreconditionError", "DNN library initialization failed."),
]


@pytest.mark.parametrize(("kind", "text"), SHORTAGES)
def test_memory_that_runs_out_is_known_by_whatever_name(kind: str, text: str) -> None:
    import tensorflow as tf

    assert is_memory_shortage(getattr(tf.errors, kind)(None, None, text))


@pytest.mark.parametrize(("kind", "text"), OTHERS)
def test_other_failures_are_no_shortage(kind: str, text: str) -> None:
    import tensorflow as tf

    assert not is_memory_shortage(getattr(tf.errors, kind)(None, None, text))


def test_an_error_that_is_not_tensorflows_is_no_shortage() -> None:
    assert not is_memory_shortage(OSError("failed to allocate, out of memory"))
