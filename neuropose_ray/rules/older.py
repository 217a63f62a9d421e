"""Pipelines of the older format, ``pipeline.json`` with a detector, branches and actions, in the present one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from neuropose_ray.errors import RuleError
from neuropose_ray.rules.loading import load_pipeline
from neuropose_ray.rules.template import references
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.rules import Pipeline

#: Classes that the older detectors gave to whole people, and parts that are found by joints here.
_REGIONS: Final = ReadOnlyMapping(
    {
        "frame": "frame", "person": "person", "people": "person", "human": "person", "head": "head", "face": "head",
        "trunk": "trunk", "torso": "trunk", "hand": "hands", "hands": "hands", "foot": "feet", "feet": "feet",
    }
)  # fmt: skip
_PEOPLE: Final = frozenset({"person", "people", "human"})
#: Fields that went by another name.
_FIELDS: Final = ReadOnlyMapping(
    {
        "display_id": "subscription_id",
        "filename": "uuid",
        "captured_timestamp": "timestamp",
        "tracking_id": "track_id",
    }
)
#: Keys of the older format that say nothing that is needed here.
_IGNORED: Final = frozenset({"modelFile", "modelId", "multiClass", "redis", "postgresql", "triggerClasses"})
#: Seconds for which pictures were kept where nothing was said.
_EXPIRE_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class ImportedPipeline:
    """An older pipeline in the present format.

    Attributes:
        pipeline: checked.
        notes: what could not be taken as it was, a sentence each.
    """

    pipeline: Pipeline
    notes: tuple[str, ...]


def import_pipeline(
    content: Mapping[str, object], classes: Mapping[str, Sequence[str]] | None = None, *, where: str = "pipeline.json"
) -> ImportedPipeline:
    """Translate an older pipeline.

    The detector becomes the gate, for people come with the pose model; branches become classifiers on parts of the
    picture; ``redis_save_image``, ``postgresql_create_record``, ``postgresql_update``, ``postgresql_update_combined``
    and ``publish_message`` become the actions of today.

    Args:
        content: of ``pipeline.json``, or of its ``pipeline``.
        classes: names of the outputs of each branch's network, by ``modelId``; the older format had them in its
            networks.
        where: how errors name it.

    Raises:
        RuleError: what has no counterpart, such as SQL or a detector of other things than people; ``where`` is the
            path of the older field.
    """
    inner = content.get("pipeline", content)
    return _Importer(classes or {}, where).pipeline(_mapping(inner, f"{where}: pipeline"))


@dataclass(slots=True)
class _Importer:
    classes: Mapping[str, Sequence[str]]
    where: str
    notes: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)

    def pipeline(self, older: Mapping[str, object]) -> ImportedPipeline:
        name = _name(str(older.get("modelId") or "imported"))
        gate = self._gate(older)
        branches, models = self._branches(older)
        enter = [
            self._action(action, f"actions[{index}]", f"action_{index + 1}")
            for index, action in enumerate(_list(older.get("actions"), f"{self.where}: actions"))
        ]
        combined = _list(older.get("parallelActions"), f"{self.where}: parallelActions")
        complete = [
            self._action(action, f"parallelActions[{index}]", f"parallel_action_{index + 1}")
            for index, action in enumerate(combined)
        ]
        early = [action for action in enter if not _names_branch(action, self.branches.values())]
        late = [action for action in enter if action not in early]
        for action in complete:
            action.setdefault("outcomes", ["completed"])
        waited = [
            self.branches[str(branch)]
            for action in combined
            for branch in _list(action.get("waitForBranches"), f"{self.where}: waitForBranches", of=object)
            if str(branch) in self.branches
        ]
        rule: dict[str, object] = {
            "name": name,
            "on_enter": early,
            "branches": branches,
            "join": {"mode": "required", "required": list(dict.fromkeys(waited))},
            "on_complete": [*late, *complete],
        }
        for key in sorted(older.keys() - _KNOWN):
            self.notes.append(f"{key} is left out: it has no counterpart")
        translated = {"name": name, "gate": gate, "rules": [rule], "models": models}
        return ImportedPipeline(load_pipeline(translated, where=self.where), tuple(self.notes))

    def _gate(self, older: Mapping[str, object]) -> dict[str, object]:
        given = older.get("expectedClasses") or older.get("triggerClasses")
        expected = _list(given, f"{self.where}: expectedClasses", of=object)
        not_people = [str(name) for name in expected if str(name).lower() not in _PEOPLE]
        if expected and len(not_people) == len(expected):
            raise RuleError(
                f"no people among the classes {', '.join(not_people)}",
                where=f"{self.where}: expectedClasses",
                hint="only people are detected; other things can be classes of a classifier",
            )
        if not_people:
            self.notes.append(f"the classes {', '.join(not_people)} are left out: only people are detected")
        gate: dict[str, object] = {"min_score": older.get("minConfidence", 0.0)}
        tracking = older.get("tracking")
        threshold = older.get("stabilityThreshold")
        if isinstance(tracking, Mapping):
            threshold = tracking.get("stabilityThreshold", tracking.get("stability_threshold", threshold))
        if threshold is not None:
            if not isinstance(threshold, int) or isinstance(threshold, bool) or threshold < 1:
                raise RuleError("must be a positive whole number", where=f"{self.where}: stabilityThreshold")
            gate["stable"] = {"hits": threshold, "window": max(5, threshold + 2)}
        return gate

    def _branches(self, older: Mapping[str, object]) -> tuple[list[dict[str, object]], dict[str, object]]:
        branches: list[dict[str, object]] = []
        models: dict[str, object] = {}
        for index, branch in enumerate(_list(older.get("branches"), f"{self.where}: branches")):
            path = f"{self.where}: branches[{index}]"
            model_id = str(branch.get("modelId") or "")
            if not model_id:
                raise RuleError("is missing", where=f"{path}.modelId")
            name = _name(model_id)
            self.branches[model_id] = name
            if model_id not in self.classes:
                raise RuleError(
                    f"the classes of {model_id} are not in the older format",
                    where=f"{path}.modelId",
                    hint="give the names of its outputs",
                )
            file = PurePosixPath(str(branch.get("modelFile") or f"{model_id}.onnx")).name
            if not file.endswith(".onnx"):
                self.notes.append(f"{file} must be converted: networks are ONNX, as models/{name}.onnx")
            model: dict[str, object] = {"file": f"models/{name}.onnx", "classes": list(self.classes[model_id])}
            if "resizeTarget" in branch:
                model["size"] = branch["resizeTarget"]
            models[name] = model
            if branch.get("parallel") is False:
                self.notes.append(f"{model_id}: branches always run side by side")
            if branch.get("actions") or branch.get("branches"):
                raise RuleError(
                    "actions and branches of a branch have no counterpart", where=path, hint="move them to the end"
                )
            branches.append(
                {
                    "type": "classifier",
                    "name": name,
                    "model": name,
                    "region": self._region(branch.get("cropClass") or "person", model_id)
                    if branch.get("crop")
                    else {"part": "frame"},
                    "min_confidence": branch.get("minConfidence", 0.0),
                }
            )
        return branches, models

    def _region(self, name: object, of: str) -> dict[str, object]:
        part = _REGIONS.get(str(name).lower())
        if part is None:
            self.notes.append(f"{of}: there is no part {name}, the whole person is taken")
        return {"part": part or "person"}

    def _action(self, action: Mapping[str, object], path: str, name: str) -> dict[str, object]:
        kind = str(action.get("type"))
        location = f"{self.where}: {path}"
        if "query" in action or "sql" in action:
            raise RuleError("SQL is not taken from pipelines", where=location, hint="name a table and fields")
        match kind:
            case "redis_save_image":
                key = self._template(action.get("key") or "{camera_id}/{uuid}.jpg")
                translated: dict[str, object] = {
                    "type": "save_image",
                    "region": self._region(action.get("region") or "frame", kind),
                    "key": key,
                    "ttl_s": action.get("expire_seconds", _EXPIRE_S),
                }
                if "image_format" in action or "format" in action:
                    given = str(action.get("image_format", action.get("format"))).lower()
                    translated["format"] = "jpeg" if given == "jpg" else given
                if "quality" in action:
                    translated["quality"] = action["quality"]
            case "postgresql_create_record" | "postgresql_create":
                translated = {
                    "type": "record.create",
                    "collection": action.get("table"),
                    "fields": self._template(action.get("fields") or {}),
                }
            case "postgresql_update" | "postgresql_update_combined":
                key_field = str(action.get("key_field") or "session_id")
                required = _list(action.get("waitForBranches"), f"{location}.waitForBranches", of=object)
                translated = {
                    "type": "record.update",
                    "collection": action.get("table"),
                    "key_field": key_field,
                    "key": self._template(action.get("key_value") or f"{{{key_field}}}"),
                    "fields": self._template(action.get("fields") or {}),
                }
                unknown = [str(branch) for branch in required if str(branch) not in self.branches]
                if unknown:
                    raise RuleError(f"there is no branch {unknown[0]}", where=f"{location}.waitForBranches")
            case "publish_message" | "publish":
                translated = {
                    "type": "publish",
                    "channel": self._template(action.get("channel") or "events"),
                    "message": self._template(action.get("message") or {}),
                }
            case _:
                raise RuleError(
                    f"there is no action {kind}",
                    where=f"{location}.type",
                    hint="there were redis_save_image, postgresql_create_record, postgresql_update, "
                    "postgresql_update_combined and publish_message",
                )
        return {"name": name, **translated}

    def _template(self, value: object) -> object:
        """The same texts with fields by the names that they have here."""
        if isinstance(value, Mapping):
            return {key: self._template(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._template(item) for item in value]
        return _OLDER_FIELD.sub(self._renamed, value) if isinstance(value, str) else value

    def _renamed(self, match: re.Match[str]) -> str:
        named = match[1]
        owners = [owner for owner in self.branches if named.startswith(f"{owner}.")]
        if not owners:
            return f"{{{_FIELDS.get(named, named)}}}"
        owner = max(owners, key=len)
        # What a classifier found was named after what it looked for: brand, body_type.
        field = named[len(owner) + 1 :]
        return f"{{{self.branches[owner]}.{field if field in ('class', 'confidence') else 'value'}}}"


_OLDER_FIELD: Final = re.compile(r"\{([^{}]+)\}")
_KNOWN: Final = _IGNORED | {
    "actions", "parallelActions", "branches", "expectedClasses", "minConfidence", "tracking", "stabilityThreshold",
    "crop", "cropClass",
}  # fmt: skip


def _name(text: str) -> str:
    """A name that rules may have."""
    cleaned = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:60]
    return cleaned if cleaned[:1].isalpha() else f"x_{cleaned}"


def _names_branch(action: Mapping[str, object], branches: Iterable[str]) -> bool:
    named = {name.partition(".")[0] for _, name in references(action)}
    return not named.isdisjoint(branches)


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise RuleError("must be 'name: value' pairs", where=where)
    return value


def _list(value: object, where: str, *, of: type = Mapping) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise RuleError("must be a list", where=where)
    for index, item in enumerate(value):
        if not isinstance(item, of):
            raise RuleError("must be 'name: value' pairs", where=f"{where}[{index}]")
    return list(value)
