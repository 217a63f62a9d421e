"""The memory of GPUs, from what NVIDIA's program prints."""

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.gpus import GpuWatch, parsed, query

MIB = 1 << 20


def test_a_line_is_a_gpu_also_with_a_comma_in_its_name_and_what_has_no_numbers_is_left_out():
    text = "NVIDIA H200, 1024, 143771\nQuadro, old, 3, 4096\nNVIDIA A100 MIG, [N/A], [N/A]\n\n"
    assert [(gpu.name, gpu.used_bytes, gpu.total_bytes) for gpu in parsed(text)] == [
        ("NVIDIA H200", 1024 * MIB, 143771 * MIB),
        ("Quadro, old", 3 * MIB, 4096 * MIB),
    ]


@given(st.text(max_size=60))
def test_no_text_of_the_driver_is_an_error(text: str):
    parsed(text)


def test_the_driver_is_asked_once_in_a_while_and_a_machine_without_one_has_no_gpus():
    asked = []

    def ask() -> str:
        asked.append(1)
        return "X, 1, 2"

    watch = GpuWatch(ask, keep_s=60)
    assert watch.now() == watch.now()
    assert len(asked) == 1
    watch = GpuWatch(ask, keep_s=-1)
    watch.now()
    watch.now()
    assert len(asked) == 3
    assert isinstance(query(), str)
