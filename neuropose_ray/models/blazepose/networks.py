"""The two BlazePose networks on LiteRT: arrays in, raw outputs out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError
from neuropose_ray.models.blazepose.geometry import DETECTOR_SIDE, LANDMARK_SIDE
from neuropose_ray.models.blazepose.greeting import allocate

#: Landmark batches are run in pieces of these sizes: each is an interpreter of its own, planned once.
BATCH_SIZES = (4, 2, 1)


@dataclass(frozen=True, slots=True)
class _Planned:
    """An interpreter whose memory is planned, and where it has its input and outputs: to ask takes long."""

    interpreter: Any
    input: int
    outputs: dict[str, int]

    @classmethod
    def of(cls, interpreter: Any) -> _Planned:
        outputs = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
        return cls(interpreter, interpreter.get_input_details()[0]["index"], outputs)


class DetectorNetwork:
    """Person detector, one picture a call: its anchors are concatenated in the graph, so it does not batch."""

    def __init__(self, model: Path, threads: int) -> None:
        shape = (1, DETECTOR_SIDE, DETECTOR_SIDE, 3)
        self._planned = _Planned.of(interpreter_of_shape(read_model(model), threads, shape, model))

    def run(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Raw boxes ``(2254, 12)`` and score logits ``(2254,)`` of one ``(224, 224, 3)`` RGB picture."""
        interpreter, index = self._planned.interpreter, self._planned.outputs
        tensor = interpreter.tensor(self._planned.input)()
        np.multiply(picture, np.float32(1 / 127.5), out=tensor[0])
        np.subtract(tensor, np.float32(1), out=tensor)
        del tensor  # the interpreter refuses to run while a view of its memory is alive
        interpreter.invoke()
        boxes = interpreter.get_tensor(index["Identity"])[0]
        return boxes, interpreter.get_tensor(index["Identity_1"])[0, :, 0]


class LandmarkNetwork:
    """Landmark network without its segmentation head, which nothing here uses.

    The head is cut out of the graph when the file is read: a quarter to a third of the time, and the other
    outputs stay bit for bit the same.
    """

    def __init__(self, model: Path, threads: int) -> None:
        self._path, self._threads = model, threads
        self._content = without_output(read_model(model), "Identity_2", model)
        self._interpreters: dict[int, _Planned] = {}

    def run(self, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Raw outputs for crops ``(n, 256, 256, 3)`` RGB.

        Returns:
            ``landmarks`` (n, 39, 5): x, y, z in crop pixels, visibility and presence logits; ``presence`` (n,):
            person-present score; ``heatmaps`` (n, 64, 64, 39): logits; ``world`` (n, 39, 3): hip-centred metres,
            turned like the crop.
        """
        parts, start = [], 0
        while start < len(crops):
            size = next(size for size in BATCH_SIZES if size <= len(crops) - start)
            parts.append(self._run_fixed(crops[start : start + size]))
            start += size
        return parts[0] if len(parts) == 1 else {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}

    def _run_fixed(self, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        count = len(crops)
        if count not in self._interpreters:
            shape = (count, LANDMARK_SIDE, LANDMARK_SIDE, 3)
            self._interpreters[count] = _Planned.of(
                interpreter_of_shape(self._content, self._threads, shape, self._path)
            )
        planned = self._interpreters[count]
        interpreter, index = planned.interpreter, planned.outputs
        np.multiply(crops, np.float32(1 / 255), out=interpreter.tensor(planned.input)())
        interpreter.invoke()
        return {
            "landmarks": interpreter.get_tensor(index["Identity"]).reshape(count, 39, 5),
            "presence": interpreter.get_tensor(index["Identity_1"]).reshape(count),
            "heatmaps": interpreter.get_tensor(index["Identity_3"]),
            "world": interpreter.get_tensor(index["Identity_4"]).reshape(count, 39, 3),
        }


def without_output(content: bytes, name: str, origin: Path) -> bytes:
    """A TFLite model that no longer computes the output ``name`` nor what only that output needs.

    Raises:
        ModelError: the content is not a TFLite model or has no such output.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    _open(content, 1, origin)  # the interpreter checks the file's structure, the generated classes do not
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    outputs = [tensor for tensor in graph.outputs if graph.tensors[tensor].name != name.encode()]
    if len(outputs) == len(graph.outputs):
        raise ModelError(f"has no output {name!r}", where=str(origin), hint="is it BlazePose's landmark model?")
    needed, kept = set(outputs), []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            kept.append(operator)
            needed.update(tensor for tensor in operator.inputs if tensor >= 0)
    graph.operators, graph.outputs = kept[::-1], outputs
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def read_model(path: Path) -> bytes:
    """The content of a TFLite file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            error.strerror or str(error), where=str(path), hint="run neuropose-ray models pull"
        ) from error


def interpreter_of_shape(content: bytes, threads: int, shape: tuple[int, ...], origin: Path) -> Any:
    """A TFLite interpreter whose input has a shape, with its memory planned.

    Raises:
        ModelError: the content is no TFLite model, or takes no such input.
    """
    interpreter = _open(content, threads, origin)
    detail = interpreter.get_input_details()[0]
    if tuple(detail["shape"]) != shape:
        interpreter.resize_tensor_input(detail["index"], shape)
    try:
        allocate(interpreter)
    except RuntimeError as error:
        raise ModelError(str(error), where=str(origin), hint="run neuropose-ray models verify") from error
    return interpreter


def _open(content: bytes, threads: int, origin: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        return Interpreter(model_content=content, num_threads=threads)
    except ValueError as error:
        hint = "run neuropose-ray models verify"
        raise ModelError(f"is not a TFLite model ({error})", where=str(origin), hint=hint) from error
