"""What must hold within a pipeline: names that are there, given once, and templates that name what is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from neuropose_ray.analysis import ANGLE_DEFINITIONS, RepetitionSettings
from neuropose_ray.errors import RuleError
from neuropose_ray.faults import faults, nearest_of
from neuropose_ray.rules.branches.building import branch_fields
from neuropose_ray.rules.decisions import COMPLETE_FIELDS, ENTER_FIELDS
from neuropose_ray.rules.template import references
from neuropose_ray.schemas.actions import ACTION_RESULTS, FORESEEN_RESULTS, OUTCOMES, Action, EnqueueJob, SaveImage
from neuropose_ray.schemas.rules import ClassifierBranch, JointAnglesBranch, Pipeline, RepetitionsBranch, Rule

#: Settings of actions that are no templates, whatever braces they hold.
_LITERAL = frozenset({"name", "type", "require", "outcomes", "collection", "key_field", "format", "region", "url"})


def check_pipeline(pipeline: Pipeline) -> None:
    """Check what a pipeline's parts say of each other.

    Args:
        pipeline: whose fields are well formed.

    Raises:
        RuleError: the first fault, ``where`` being the path of the field: ``rules[0].on_complete[1].fields.reps``.
    """
    _names_once(((f"rules[{index}].name", rule.name) for index, rule in enumerate(pipeline.rules)), "rule")
    branches = [
        (f"rules[{index}].branches[{position}].name", branch.name)
        for index, rule in enumerate(pipeline.rules)
        for position, branch in enumerate(rule.branches)
    ]
    _names_once(branches, "branch")
    for index, rule in enumerate(pipeline.rules):
        _check_rule(rule, f"rules[{index}]", pipeline)


def check_clips(pipeline: Pipeline, kept_s: float) -> None:
    """Check that a stream keeps as much video as the rules on it make jobs of.

    Args:
        pipeline: that is checked.
        kept_s: the last seconds that are kept of the stream.

    Raises:
        RuleError: the first action that wants more, ``where`` being the path of the field.
    """
    for index, rule in enumerate(pipeline.rules):
        for when, actions in (("on_enter", rule.on_enter), ("on_complete", rule.on_complete)):
            for position, action in enumerate(actions):
                if isinstance(action, EnqueueJob) and action.seconds > kept_s:
                    raise RuleError(
                        f"the last {action.seconds:g} s are wanted of a stream that keeps {kept_s:g}",
                        where=f"rules[{index}].{when}[{position}].seconds",
                        hint="raise the source's `clip_s`",
                    )


def _names_once(named: Iterable[tuple[str, str]], kind: str) -> None:
    given: set[str] = set()
    for path, name in named:
        if name in given:
            raise RuleError(f"there is another {kind} {name}", where=path, hint="give each a name of its own")
        given.add(name)


def _check_rule(rule: Rule, path: str, pipeline: Pipeline) -> None:
    names = [branch.name for branch in rule.branches]
    for index, branch in enumerate(rule.branches):
        location = f"{path}.branches[{index}]"
        match branch:
            case ClassifierBranch():
                _known(branch.model, list(pipeline.models), f"{location}.model", "model")
            case JointAnglesBranch():
                for position, angle in enumerate(branch.angles):
                    _known(angle, list(ANGLE_DEFINITIONS), f"{location}.angles[{position}]", "angle")
            case RepetitionsBranch():
                _check_repetition_settings(branch, f"{location}.settings")
            case _:
                pass
    for index, name in enumerate(rule.join.required):
        _known(name, names, f"{path}.join.required[{index}]", "branch")
    actions = [
        (f"{path}.{phase}[{index}].name", action.name)
        for phase, listed in (("on_enter", rule.on_enter), ("on_complete", rule.on_complete))
        for index, action in enumerate(listed)
    ]
    of_both = Counter(names) & Counter(name for _, name in actions)
    if of_both:
        where = next(where for where, name in actions if name in of_both)
        raise RuleError(
            "a branch of this rule has the same name", where=where, hint="templates could not tell them apart"
        )
    _names_once(actions, "action")
    _keys_once(rule, path)
    _check_enter(rule, f"{path}.on_enter")
    _check_complete(rule, f"{path}.on_complete")


def _keys_once(rule: Rule, path: str) -> None:
    """Pictures of one rule must not take each other's place."""
    keys: set[str] = set()
    for phase, listed in (("on_enter", rule.on_enter), ("on_complete", rule.on_complete)):
        for index, action in enumerate(listed):
            if not isinstance(action, SaveImage):
                continue
            key = action.key.replace("{phase}", phase)
            if key in keys:
                raise RuleError(
                    "another picture of this rule has the same key",
                    where=f"{path}.{phase}[{index}].key",
                    hint="add a word that tells them apart",
                )
            keys.add(key)


def _check_repetition_settings(branch: RepetitionsBranch, path: str) -> None:
    from pydantic import ValidationError

    try:
        RepetitionSettings.model_validate(dict(branch.settings))
    except ValidationError as error:
        first = faults(error, RepetitionSettings)[0]
        key, _, what = first.partition(": ")
        raise RuleError(what or key, where=f"{path}.{key}" if what else path) from None


def _check_enter(rule: Rule, path: str) -> None:
    known = [*ENTER_FIELDS]
    for index, action in enumerate(rule.on_enter):
        for name, is_set in (("require", bool(action.require)), ("outcomes", action.outcomes != OUTCOMES)):
            if is_set:
                raise RuleError(
                    "nothing is known of the end when an episode begins",
                    where=f"{path}[{index}].{name}",
                    hint="move the action to on_complete, or leave this out",
                )
        _check_templates(action, known, f"{path}[{index}]")
        known += _results(action)


def _check_complete(rule: Rule, path: str) -> None:
    known = [*ENTER_FIELDS, *COMPLETE_FIELDS]
    for branch in rule.branches:
        known += [f"{branch.name}.{field}" for field in branch_fields(branch)]
    known += [
        f"{action.name}.{FORESEEN_RESULTS[action.type]}"
        for action in rule.on_enter
        if action.type in FORESEEN_RESULTS
    ]
    for index, action in enumerate(rule.on_complete):
        for position, name in enumerate(action.require):
            _known(name, [branch.name for branch in rule.branches], f"{path}[{index}].require[{position}]", "branch")
        _check_templates(action, known, f"{path}[{index}]")
        known += _results(action)


def _results(action: Action) -> Iterator[str]:
    return (f"{action.name}.{result}" for result in ACTION_RESULTS[action.type])


def _check_templates(action: Action, known: Sequence[str], path: str) -> None:
    for setting, value in dict(action).items():
        if setting in _LITERAL:
            continue
        for where, reference in references(value, f"{path}.{setting}"):
            if reference not in known:
                raise RuleError(f"there is no field {{{reference}}}{_instead(reference, known)}", where=where)


def _instead(reference: str, known: Sequence[str]) -> str:
    """The nearest field, or what there is of the same branch or action."""
    owner = reference.partition(".")[0]
    of_owner = [name for name in known if name.startswith(f"{owner}.")]
    nearest = nearest_of(reference, known)
    return nearest or f"; there are {', '.join(of_owner or known)}"


def _known(name: str, names: Sequence[str], path: str, kind: str) -> None:
    if name not in names:
        listed = ", ".join(names) if 0 < len(names) <= 30 else ""
        instead = nearest_of(name, names) or (f"; there are {listed}" if listed else "")
        raise RuleError(f"there is no {kind} {name}{instead}", where=path)
