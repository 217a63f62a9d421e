"""The compiled kernels are kept between processes where that is possible, and work where it is not."""

from neuropose_ray.analysis.dtw import kernel


def test_each_kernel_has_a_single_compiled_form():
    assert len(kernel.warp.signatures) == len(kernel.trace.signatures) == 1


def test_a_function_whose_compiled_form_cannot_be_stored_is_compiled_all_the_same():
    namespace = {}
    exec("def double(x):\n    return 2 * x", namespace)  # of no file, so that there is no folder to store it in
    assert kernel.compiled("int64(int64)")(namespace["double"])(21) == 42
