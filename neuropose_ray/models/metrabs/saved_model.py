"""TensorFlow's start and the loading of a SavedModel: all that can go wrong before the first frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from neuropose_ray.errors import ModelError, SettingsError
from neuropose_ray.models.metrabs.landmarks import landmarks_of
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.metrabs.shortage import is_memory_shortage
from neuropose_ray.schemas.skeleton import Skeleton

_REQUIRED = ("detect_poses_batched", "per_skeleton_joint_names", "per_skeleton_joint_edges")


def visible_gpus() -> list[Any]:
    """The GPUs that TensorFlow could use in this process."""
    # Its start-up notes would bury our own lines on a terminal.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    return list(tf.config.list_physical_devices("GPU"))


def start_tensorflow(settings: MetrabsSettings) -> str:
    """Choose the device, memory growth, precision and threads of this process before TensorFlow's first operation.

    The other GPUs are hidden, all of them for ``cpu``: operations can then land nowhere else, and no memory is taken
    on a device that is not used.

    Returns:
        The device: ``cpu`` or ``gpu:N``.

    Raises:
        ModelError: there is no such GPU, or TensorFlow already runs in this process in another way.
    """
    gpus = visible_gpus()
    import tensorflow as tf

    device = settings.device
    if device == "auto":
        device = "gpu:0" if gpus else "cpu"
    chosen = [] if device == "cpu" else gpus[int(device.removeprefix("gpu:")) :][:1]
    if device != "cpu" and not chosen:
        raise ModelError(
            f"TensorFlow sees {len(gpus)} GPU(s)",
            where=f"device {device}",
            hint="choose auto, cpu or one that is there",
        )
    try:
        tf.config.set_visible_devices(chosen, "GPU")
        for gpu in chosen:
            # Otherwise TensorFlow takes the whole card, and a second worker on it cannot start.
            tf.config.experimental.set_memory_growth(gpu, True)
        # By default a GPU rounds the factors of a float32 product to 10 bits after the point. Coordinates of metres
        # would move by millimetres; the networks, which compute in float16, would be no faster.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        _set_threads(tf.config.threading, settings)
    except RuntimeError as error:
        raise ModelError(
            f"TensorFlow already runs in this process with another device, memory or thread setting ({error})",
            where=f"device {device}",
            hint="load each MeTRAbs configuration in a process of its own",
        ) from error
    return device


def _set_threads(threading: Any, settings: MetrabsSettings) -> None:
    # Compared first, because TensorFlow refuses even an unchanged 0 after its start.
    if threading.get_intra_op_parallelism_threads() != settings.intra_op_threads:
        threading.set_intra_op_parallelism_threads(settings.intra_op_threads)
    if threading.get_inter_op_parallelism_threads() != settings.inter_op_threads:
        threading.set_inter_op_parallelism_threads(settings.inter_op_threads)


def load_saved_model(folder: Path) -> Any:
    """Load the SavedModel in ``folder``, which holds ``saved_model.pb``, and check that it is a MeTRAbs model.

    Raises:
        ModelError: the folder holds no SavedModel, a damaged one, or one of another kind, or the device has no room
            for it.
    """
    import tensorflow as tf

    try:
        model = tf.saved_model.load(str(folder))
    # What the loader is seen to raise: OSError without or with a broken graph or variables, IndexError for cut-off
    # variables, ValueError and OpError for graphs of another TensorFlow.
    except (OSError, LookupError, ValueError, tf.errors.OpError) as error:
        if is_memory_shortage(error):
            what, hint = "does not fit in memory", "end what else uses the device, or choose another one"
        else:
            what, hint = "cannot be loaded as a TensorFlow SavedModel", "fetch the weights again"
        raise ModelError(f"{what} ({complaint_of(error)})", where=str(folder), hint=hint) from error
    missing = [name for name in _REQUIRED if not hasattr(model, name)]
    if missing:
        raise ModelError(
            f"is a SavedModel without {', '.join(missing)}",
            where=str(folder),
            hint="give the multi-person MeTRAbs model, not its detector or crop model",
        )
    return model


def read_skeleton(model: Any, name: str) -> Skeleton:
    """The skeleton ``name`` with the joint names and edges that the model itself holds.

    Raises:
        SettingsError: the model has no such skeleton; the message lists those it has.
        ModelError: the model's names and edges make no skeleton.
    """
    if name not in model.per_skeleton_joint_names:
        has = ", ".join(sorted(key for key in model.per_skeleton_joint_names if key))
        raise SettingsError("the model has no such skeleton", where=f"skeleton {name!r}", hint=f"choose one of {has}")
    joint_names = tuple(joint.decode() for joint in model.per_skeleton_joint_names[name].numpy())
    edges = tuple((int(a), int(b)) for a, b in model.per_skeleton_joint_edges[name].numpy())
    try:
        return Skeleton(name=name, joint_names=joint_names, edges=edges, landmarks=landmarks_of(joint_names))
    except ValueError as error:
        raise ModelError(f"the weights describe it wrongly ({error})", where=f"skeleton {name!r}") from error


def complaint_of(error: Exception) -> str:
    """TensorFlow's message without the graph's trace around it."""
    frame = ("Graph execution error", "Detected at node", "<stack traces", " ", "\t")
    # Several causes stand indented below a line that only counts or announces them.
    causes = [line.strip() for line in str(error).splitlines() if line.startswith(("  (0) ", "  Profiling failure"))]
    lines = [line for line in str(error).splitlines() if line and not line.startswith(frame)]
    if not lines:
        return type(error).__name__
    if not causes:
        return lines[0]
    return f"{lines[0]} {causes[0]}" if lines[0].endswith(":") else causes[0]
