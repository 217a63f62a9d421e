"""A classifier, an ONNX network, on a part of the picture."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Final

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError, first_line
from neuropose_ray.rules.branches.executor import WorkExecutor
from neuropose_ray.rules.branches.protocol import BranchResult, Polled, failure
from neuropose_ray.rules.observation import Moment
from neuropose_ray.rules.regions import crop
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.rules import ClassifierBranch, ClassifierModel
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.words import counted

#: What templates may name.
CLASSIFIER_FIELDS: Final = ("value", "class", "confidence", "index")


class OnnxClassifier:
    """A loaded network; any thread may call it."""

    def __init__(self, model: ClassifierModel, data: bytes) -> None:
        """Load the network.

        Args:
            model: what goes in and comes out.
            data: the ONNX file.

        Raises:
            ModelError: ONNX Runtime is not installed, it cannot load the file, or the network has not one input and
                at least one output.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                "classifiers need ONNX Runtime", where=model.file, hint="pip install 'neuropose-ray[live]'"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no other base
            raise ModelError(f"is no network that can be run ({first_line(error)})", where=model.file) from error
        if len(session.get_inputs()) != 1 or not session.get_outputs():
            raise ModelError(f"has {counted(len(session.get_inputs()), 'input')}, not one picture", where=model.file)
        self._model, self._session = model, session
        self._input, self._output = session.get_inputs()[0].name, session.get_outputs()[0].name

    def probabilities(self, image: Frame) -> NDArray[np.float64]:
        """``(classes,)`` of a picture ``(height, width, 3)`` RGB, in the order of the model's classes.

        Raises:
            ModelError: the network fails, or gives another number of values.
        """
        try:
            outputs = self._session.run([self._output], {self._input: prepared(image, self._model)})
        except Exception as error:
            raise ModelError(f"failed ({first_line(error)})", where=self._model.file) from error
        values = np.asarray(outputs[0], np.float64).reshape(-1)
        if len(values) != len(self._model.classes) or not np.isfinite(values).all():
            raise ModelError(
                f"gives {len(values)} values, {len(self._model.classes)} finite ones expected", where=self._model.file
            )
        if not self._model.softmax:
            return values
        powers = np.exp(values - values.max())
        return np.asarray(powers / powers.sum())


def prepared(image: Frame, model: ClassifierModel) -> NDArray[np.float32]:
    """A picture as the network takes it: ``(1, 3, height, width)``, or ``(1, height, width, 3)`` for ``nhwc``."""
    import cv2

    sized = cv2.resize(image, model.size, interpolation=cv2.INTER_AREA)
    mean, std = (np.array(values, np.float32) for values in (model.mean, model.std))
    values = (sized.astype(np.float32) / np.float32(model.scale) - mean) / std
    return np.ascontiguousarray(values[None] if model.layout == "nhwc" else values.transpose(2, 0, 1)[None])


class ClassifierRun:
    """The class of one episode's person, from the first frame that shows the part."""

    def __init__(
        self, branch: ClassifierBranch, classifier: OnnxClassifier, classes: tuple[str, ...], skeleton: Skeleton,
        executor: WorkExecutor,
    ) -> None:  # fmt: skip
        """Begin without a frame.

        Args:
            branch: which part of the picture, and what is sure enough.
            classifier: the network.
            classes: in the order of its outputs.
            skeleton: of the joints that show the part.
            executor: runs the network.
        """
        self._branch, self._classifier, self._classes = branch, classifier, classes
        self._skeleton, self._executor = skeleton, executor
        self._pending: Future[NDArray[np.float64]] | None = None
        self._is_finished = False

    def observe(self, moment: Moment) -> None:
        """Take the person's next frame."""
        if self._pending is not None or moment.image is None or moment.person is None:
            return
        picture = crop(moment.image, moment.person, self._branch.region, self._skeleton)
        if picture is not None:
            self._pending = self._executor.submit(self._classifier.probabilities, picture)

    def finish(self) -> None:
        """Wait for no further frame."""
        self._is_finished = True

    def poll(self) -> Polled:
        """Give the class once the network is done."""
        if self._pending is not None:
            return (), self._result(self._pending) if self._pending.done() else None
        unseen = failure(f"the {self._branch.region.part} was not seen", "unexpected_error")
        return (), unseen if self._is_finished else None

    def conclude(self) -> Polled:
        """Give the class if it is known."""
        self._is_finished = True
        result = self.poll()[1]
        self.close()
        return (), result or failure("the episode ended before the network was done", "interrupted")

    def close(self) -> None:
        """Give up what is still being computed."""
        if self._pending is not None:
            self._pending.cancel()

    def _result(self, done: Future[NDArray[np.float64]]) -> BranchResult:
        probabilities = done.result()
        index = int(probabilities.argmax())
        confidence = float(probabilities[index])
        value = self._classes[index] if confidence >= self._branch.min_confidence else None
        return BranchResult({"value": value, "class": value, "confidence": confidence, "index": index})


class ClassifierWatcher:
    """A classifier branch of a pipeline."""

    def __init__(
        self, branch: ClassifierBranch, classifier: OnnxClassifier, classes: tuple[str, ...], skeleton: Skeleton,
        executor: WorkExecutor,
    ) -> None:  # fmt: skip
        """Keep what all episodes share; see :class:`ClassifierRun`."""
        self.timeout_s: float | None = branch.timeout_s
        self._branch, self._classifier, self._classes = branch, classifier, classes
        self._skeleton, self._executor = skeleton, executor

    def begin(self) -> ClassifierRun:
        """Begin an episode."""
        return ClassifierRun(self._branch, self._classifier, self._classes, self._skeleton, self._executor)
