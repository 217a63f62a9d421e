"""The branches of a pipeline, ready to run."""

from __future__ import annotations

from collections.abc import Mapping

from neuropose_ray.errors import RuleError
from neuropose_ray.rules.branches.classifier import CLASSIFIER_FIELDS, ClassifierWatcher, OnnxClassifier
from neuropose_ray.rules.branches.executor import WorkExecutor
from neuropose_ray.rules.branches.fall import FALL_FIELDS, FallWatcher
from neuropose_ray.rules.branches.joint_angles import JointAnglesWatcher, joint_angle_fields
from neuropose_ray.rules.branches.posture import POSTURE_FIELDS, PostureWatcher
from neuropose_ray.rules.branches.protocol import Branch
from neuropose_ray.rules.branches.repetitions import REPETITION_FIELDS, RepetitionsWatcher
from neuropose_ray.schemas import rules
from neuropose_ray.schemas.skeleton import Skeleton

#: What a branch that failed has instead of its fields.
FAILURE_FIELDS = ("error", "type")


def branch_fields(branch: rules.Branch) -> tuple[str, ...]:
    """What templates may name of a branch, with those of its failure."""
    match branch:
        case rules.PostureBranch():
            fields: tuple[str, ...] = POSTURE_FIELDS
        case rules.FallBranch():
            fields = FALL_FIELDS
        case rules.RepetitionsBranch():
            fields = REPETITION_FIELDS
        case rules.JointAnglesBranch():
            fields = joint_angle_fields(branch.angles)
        case rules.ClassifierBranch():
            fields = CLASSIFIER_FIELDS
    return (*fields, *FAILURE_FIELDS)


def build_branches(
    pipeline: rules.Pipeline, skeleton: Skeleton, executor: WorkExecutor, models: Mapping[str, bytes] | None = None
) -> dict[str, Branch]:
    """Make the branches of a pipeline, and load its networks.

    Args:
        pipeline: with its branches.
        skeleton: of the poses that they will see.
        executor: for what takes long; what it runs must end by itself.
        models: ONNX files by the names of the pipeline's models.

    Returns:
        By name; one object for all episodes and all people.

    Raises:
        RuleError: a branch whose network is not among ``models``.
        ModelError: a network that cannot be loaded.
    """
    networks: dict[str, OnnxClassifier] = {}
    for name in {branch.model for branch in pipeline.branches.values() if isinstance(branch, rules.ClassifierBranch)}:
        if models is None or name not in models:
            raise RuleError(f"there is no file of model {name}", hint="load the pipeline from its bundle")
        networks[name] = OnnxClassifier(pipeline.models[name], models[name])

    def build(branch: rules.Branch) -> Branch:
        match branch:
            case rules.PostureBranch():
                return PostureWatcher(branch, skeleton)
            case rules.FallBranch():
                return FallWatcher(branch, skeleton)
            case rules.RepetitionsBranch():
                return RepetitionsWatcher(branch, skeleton, executor)
            case rules.JointAnglesBranch():
                return JointAnglesWatcher(branch, skeleton)
            case rules.ClassifierBranch():
                classes = pipeline.models[branch.model].classes
                return ClassifierWatcher(branch, networks[branch.model], classes, skeleton, executor)

    return {name: build(branch) for name, branch in pipeline.branches.items()}
