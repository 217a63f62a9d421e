"""What can go wrong before the first frame, and where TensorFlow then runs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from support.metrabs_world import EDGES, JOINT_NAMES

from neuropose_ray.errors import ModelError, SettingsError
from neuropose_ray.models.metrabs.landmarks import landmarks_of
from neuropose_ray.models.metrabs.saved_model import complaint_of, load_saved_model, read_skeleton, start_tensorflow
from neuropose_ray.models.metrabs.settings import MetrabsSettings

NO_ROOM = "does not fit in memory .*; end what else uses the device"
START = """
import json, sys
from neuropose_ray.models.metrabs.saved_model import start_tensorflow
from neuropose_ray.models.metrabs.settings import MetrabsSettings
device = start_tensorflow(MetrabsSettings.model_validate_json(sys.argv[1]))
import tensorflow as tf
print(json.dumps({
    "device": device,
    "devices": sorted({logical.device_type for logical in tf.config.list_logical_devices()}),
    "growth": [tf.config.experimental.get_memory_growth(gpu) for gpu in tf.config.get_visible_devices("GPU")],
    "tensor_float_32": tf.config.experimental.tensor_float_32_execution_enabled(),
    "threads": [getattr(tf.config.threading, f"get_{kind}_op_parallelism_threads")() for kind in ("intra", "inter")],
    "product_runs_on": tf.linalg.matmul(tf.ones((2, 2)), tf.ones((2, 2))).device.split(":")[-2],
}))
"""


def started(settings: MetrabsSettings) -> dict[str, object]:
    """What a fresh process does with the settings."""
    command = [sys.executable, "-c", START, settings.model_dump_json()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_refused(folder: Path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        load_saved_model(folder)
    assert str(caught.value).startswith(f"{folder}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_folder_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nothing", "cannot be loaded")
    assert_refused(tmp_path, "cannot be loaded")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    import tensorflow as tf

    whole = tf.Module()
    whole.weights = tf.Variable(tf.zeros(1000))
    for damaged in ("cut_graph", "without_variables", "cut_variables"):
        tf.saved_model.save(whole, str(tmp_path / damaged))
    graph = tmp_path / "cut_graph" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:300])
    shutil.rmtree(tmp_path / "without_variables" / "variables")
    next((tmp_path / "cut_variables" / "variables").glob("*.data-*")).write_bytes(b"")

    for damaged in ("cut_graph", "without_variables", "cut_variables"):
        assert_refused(tmp_path / damaged, "cannot be loaded")


def saved_with(initialize: Callable[[Any], Any], folder: Path) -> Path:
    """A SavedModel with a table that is filled at its loading."""
    import tensorflow as tf

    class Table(tf.saved_model.experimental.TrackableResource):
        def _create_resource(self) -> Any:
            return tf.raw_ops.VarHandleOp(dtype=tf.uint8, shape=[])

        def _initialize(self) -> None:
            tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=initialize(tf))

        def _destroy_resource(self) -> None:
            pass

    large = tf.Module()
    large.table = Table()
    tf.saved_model.save(large, str(folder))
    return folder


def test_weights_without_room_in_memory_are_not_called_damaged(tmp_path: Path) -> None:
    def no_room() -> NoReturn:
        raise MemoryError

    folder = saved_with(lambda tf: tf.numpy_function(no_room, [], tf.uint8), tmp_path / "large")
    assert_refused(folder, NO_ROOM)


@pytest.mark.slow
def test_weights_that_ask_for_more_than_a_process_can_address_are_not_called_damaged(tmp_path: Path) -> None:
    def initial(tf: Any) -> Any:
        size = 2**48 + tf.random.uniform([], maxval=2, dtype=tf.int64)  # a constant would be filled when saved
        return tf.fill([size], tf.constant(0, tf.uint8))[0]

    # TensorFlow waits ten seconds for somebody to give memory back.
    assert_refused(saved_with(initial, tmp_path / "large"), NO_ROOM)


def test_a_saved_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    import tensorflow as tf

    tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
    assert_refused(
        tmp_path / "other", "without detect_poses_batched, per_skeleton_joint_names, per_skeleton_joint_edges"
    )


def test_an_unknown_skeleton_is_refused_with_a_list_of_those_there_are(loaded_stand_in: Any) -> None:
    with pytest.raises(SettingsError, match=r"'coco_17': .*berkeley_mhad_43, coco_19, h36m_17, smpl_24$"):
        read_skeleton(loaded_stand_in, "coco_17")


@pytest.mark.parametrize("name", JOINT_NAMES)
def test_a_skeleton_has_the_models_own_names_and_edges(loaded_stand_in: Any, name: str) -> None:
    skeleton = read_skeleton(loaded_stand_in, name)

    assert (skeleton.name, skeleton.joint_names, skeleton.edges) == (name, JOINT_NAMES[name], EDGES[name])
    assert skeleton.landmarks == landmarks_of(JOINT_NAMES[name])


def test_all_joints_at_once_are_a_skeleton_too(loaded_stand_in: Any) -> None:
    assert len(read_skeleton(loaded_stand_in, "")) == sum(map(len, JOINT_NAMES.values()))


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match=r"device gpu:99: TensorFlow sees \d+ GPU"):
        start_tensorflow(MetrabsSettings(device="gpu:99"))


def test_another_configuration_in_a_running_process_is_refused() -> None:
    import tensorflow as tf

    tf.ones(1)  # the runtime is up from here on
    with pytest.raises(ModelError, match=r"already runs in this process .*a process of its own"):
        start_tensorflow(MetrabsSettings(device="cpu", intra_op_threads=7))


def test_the_same_configuration_may_start_again() -> None:
    first = start_tensorflow(MetrabsSettings(device="cpu"))
    assert start_tensorflow(MetrabsSettings(device="cpu")) == first == "cpu"


@pytest.mark.slow
def test_threads_and_the_cpu_are_what_the_settings_say() -> None:
    found = started(MetrabsSettings(device="cpu", intra_op_threads=1, inter_op_threads=3))

    assert (found["device"], found["threads"]) == ("cpu", [1, 3])
    assert (found["devices"], found["product_runs_on"], found["growth"]) == (["CPU"], "CPU", [])
    assert found["tensor_float_32"] is False  # on the default, True, also where no GPU could use it


@pytest.mark.gpu
def test_the_first_gpu_is_used_with_memory_growth() -> None:
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU here")
    found = started(MetrabsSettings())

    assert (found["device"], found["product_runs_on"], found["growth"]) == ("gpu:0", "GPU", [True])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Dst tensor is not initialized.", "Dst tensor is not initialized."),
        ("Graph execution error:\n\nDetected at node Fill defined at\n  File x\nOOM when\n\t [[Fill]]", "OOM when"),
        (
            "Graph execution error:\n\n2 root error(s) found.\n  (0) INTERNAL: Dst tensor is not initialized.\n"
            "\t [[{{node x}}]]\n  (1) CANCELLED: so was this\n0 successful operations.",
            "(0) INTERNAL: Dst tensor is not initialized.",
        ),
        (
            "No algorithm worked!  Error messages:\n  Profiling failure on CUDNN engine 1: UNKNOWN: "
            "CUDNN_STATUS_EXECUTION_FAILED\n  Profiling failure on CUDNN engine 0: UNKNOWN",
            "No algorithm worked!  Error messages: "
            "Profiling failure on CUDNN engine 1: UNKNOWN: CUDNN_STATUS_EXECUTION_FAILED",
        ),
        ("", "InternalError"),
    ],
)
def test_a_complaint_is_one_line_with_the_first_cause(text: str, complaint: str) -> None:
    import tensorflow as tf

    assert complaint_of(tf.errors.InternalError(None, None, text)) == complaint


def test_importing_the_backend_loads_no_tensorflow() -> None:
    code = (
        "import sys, neuropose_ray.models.metrabs.model, neuropose_ray.models.weights.catalogue\n"
        "sys.exit(bool({'tensorflow', 'cv2', 'ray'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
