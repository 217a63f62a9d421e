"""ONNX classifiers on parts of the picture; the network gives the mean colours of what it sees."""

from concurrent.futures import Future

import numpy as np
import pytest
from rules.streams import SKELETON, STANDING, pose_rows
from support.onnx_files import mean_colours

from neuropose_ray.errors import ModelError
from neuropose_ray.rules import InlineExecutor
from neuropose_ray.rules.branches.classifier import ClassifierWatcher, OnnxClassifier, prepared
from neuropose_ray.rules.observation import Moment, PersonView
from neuropose_ray.schemas.rules import ClassifierBranch, ClassifierModel

CLASSES = ("red", "green", "blue")
MODEL = ClassifierModel(file="models/colours.onnx", classes=CLASSES, size=(8, 8), softmax=False)


def person(joints=STANDING) -> PersonView:
    row = pose_rows([joints])
    return PersonView(row.boxes[0, :4], 1.0, row.poses2d[0], row.poses3d[0], row.joint_scores[0])


def picture(colour, background=(0, 0, 0)):
    """A head of one colour before another one."""
    image = np.full((240, 320, 3), background, np.uint8)
    left, top, width, _ = person().box
    image[int(top) - 10 : int(top) + 8, int(left) - 10 : int(left + width) + 10] = colour
    return image


def watch(executor=None, model=MODEL, data=None, **settings):
    branch = ClassifierBranch(name="colour", model="colours", **settings)
    network = OnnxClassifier(model, data or mean_colours())
    return ClassifierWatcher(branch, network, CLASSES, SKELETON, executor or InlineExecutor())


def classified(run, *frames):
    for frame, (image, who) in enumerate(frames):
        run.observe(Moment(frame, frame, who, image))
        _, result = run.poll()
        if result is not None:
            return frame, result
    return None, run.conclude()[1]


@pytest.mark.parametrize(("colour", "name"), [((255, 0, 0), "red"), ((0, 255, 0), "green"), ((0, 0, 255), "blue")])
def test_the_class_of_the_part_is_found_whatever_is_around_it(colour, name):
    head = {"part": "head", "margin": 0.0}
    _, result = classified(watch(region=head).begin(), (picture(colour, (90, 90, 90)), person()))
    assert (result.fields["value"], result.fields["class"], result.fields["index"]) == (
        name,
        name,
        CLASSES.index(name),
    )
    assert result.fields["confidence"] > 0.5


def test_softmax_makes_probabilities_of_logits():
    network = OnnxClassifier(MODEL.model_copy(update={"softmax": True}), mean_colours())
    probabilities = network.probabilities(np.full((5, 5, 3), (255, 0, 0), np.uint8))
    np.testing.assert_allclose(probabilities, np.exp([1, 0, 0]) / np.exp([1, 0, 0]).sum(), rtol=1e-6)


def test_below_the_least_confidence_there_is_no_class():
    _, result = classified(watch(min_confidence=0.9).begin(), (picture((100, 0, 0)), person()))
    assert result.fields["value"] is None
    assert 0 < result.fields["confidence"] < 0.9
    assert not result.failed


def test_the_first_frame_that_shows_the_part_counts():
    hidden = STANDING.copy()
    hidden[:11] = np.nan  # the head
    frames = [(None, person()), (picture((0, 255, 0)), None), (picture((0, 255, 0)), person(hidden))]
    run = watch(region={"part": "head"}).begin()
    frame, result = classified(run, *frames, (picture((255, 0, 0)), person()))
    assert (frame, result.fields["value"]) == (3, "red")


def test_a_part_that_was_never_seen_is_a_failure():
    run = watch(region={"part": "head"}).begin()
    run.observe(Moment(0, 0, person(), None))
    run.finish()
    assert run.poll()[1].fields == {"error": "the head was not seen", "type": "unexpected_error"}


def test_an_episode_that_ends_before_the_network_is_done_cancels_it():
    class Never:
        def submit(self, work, /, *args, **kwargs):
            self.future = Future()
            return self.future

    executor = Never()
    run = watch(executor).begin()
    run.observe(Moment(0, 0, person(), picture((9, 9, 9))))
    assert run.poll() == ((), None)
    assert run.conclude()[1].fields["type"] == "interrupted"
    assert executor.future.cancelled()


def test_pictures_are_prepared_as_the_model_wants_them():
    image = np.zeros((10, 20, 3), np.uint8)
    image[..., 0] = 255
    model = ClassifierModel(file="m.onnx", classes=("a",), size=(4, 6), mean=(0.5, 0, 0), std=(0.25, 1, 1))
    values = prepared(image, model)
    assert values.shape == (1, 3, 6, 4)
    np.testing.assert_allclose(values[0, :, 0, 0], [2, 0, 0])
    assert prepared(image, model.model_copy(update={"layout": "nhwc"})).shape == (1, 6, 4, 3)


@pytest.mark.parametrize("data", [b"", b"no network", mean_colours()[:-20]])
def test_a_file_that_is_no_network_is_a_model_error(data):
    with pytest.raises(ModelError, match=r"models/colours.onnx: is no network that can be run") as refused:
        OnnxClassifier(MODEL, data)
    assert "\n" not in str(refused.value)


def test_a_network_of_other_sizes_is_a_model_error_when_it_is_run():
    image = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(ModelError, match="failed"):
        OnnxClassifier(MODEL.model_copy(update={"size": (9, 9)}), mean_colours()).probabilities(image)
    with pytest.raises(ModelError, match="gives 3 values, 2 finite ones expected"):
        OnnxClassifier(MODEL.model_copy(update={"classes": ("a", "b")}), mean_colours()).probabilities(image)
