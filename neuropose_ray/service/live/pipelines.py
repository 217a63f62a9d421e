"""Pipelines as clients name them: inline, or a bundle of a folder or address that the settings allow."""

from __future__ import annotations

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from neuropose_ray.errors import BundleError
from neuropose_ray.rules import Bundle, check_clips, load_bundle, load_pipeline
from neuropose_ray.service.fetching import fetch
from neuropose_ray.service.settings import ServiceSettings

#: A pipeline as JSON, and the files of its networks by their names.
Resolved = tuple[str | None, Mapping[str, bytes] | None]
#: Bundles that are kept in memory.
_MOST_BUNDLES = 8
_HINT = "see service.live.bundles"


class Pipelines:
    """Finds and checks pipelines.

    Args:
        settings: which bundles may be loaded, and from which hosts.
        kept: folder for bundles that are fetched.
    """

    def __init__(self, settings: ServiceSettings, kept: Path) -> None:
        self._folders = tuple(Path(root).expanduser() for root in settings.live.bundles if "://" not in root)
        self._prefixes = tuple(root for root in settings.live.bundles if "://" in root)
        self._uploads, self._kept = settings.uploads, kept
        self._bundles: OrderedDict[tuple[str, float], Bundle] = OrderedDict()

    def resolved(self, reference: str | Mapping[str, object] | None, kept_s: float = math.inf) -> Resolved:
        """The pipeline that a reference means, checked.

        Args:
            reference: inline, the path or URL of a bundle, or None. A URL may end with ``#sha256=`` and a digest.
            kept_s: the last seconds of video that are kept of the stream.

        Raises:
            RuleError: it is wrong, or wants more video than is kept.
            BundleError: the bundle may not be loaded, or is not what it should be.
            InputNotFoundError: there is no such bundle.
        """
        if reference is None:
            return None, None
        if isinstance(reference, str):
            bundle = self._bundle(reference)
            pipeline, models = bundle.pipeline, bundle.models
        else:
            pipeline, models = load_pipeline(json.loads(json.dumps(_plain(reference)))), None
        check_clips(pipeline, kept_s)
        return pipeline.model_dump_json(), models

    def _bundle(self, reference: str) -> Bundle:
        place, _, digest = reference.partition("#sha256=")
        path = self._fetched(place) if "://" in place else self._allowed(place)
        key = (reference, path.stat().st_mtime if path.exists() else 0.0)
        if key not in self._bundles:
            self._bundles[key] = load_bundle(path, sha256=digest or None)
            while len(self._bundles) > _MOST_BUNDLES:
                self._bundles.popitem(last=False)
        return self._bundles[key]

    def _allowed(self, place: str) -> Path:
        path = Path(place).expanduser().resolve()
        if not any(path.is_relative_to(folder.resolve()) for folder in self._folders):
            raise BundleError("not below a folder that bundles may be in", where=Path(place).name, hint=_HINT)
        return path

    def _fetched(self, url: str) -> Path:
        """The bundle of a URL, fetched once."""
        if not any(url.startswith(prefix) for prefix in self._prefixes):
            raise BundleError("not an address that bundles may be fetched from", where=url, hint=_HINT)
        path = self._kept / f"{hashlib.sha256(url.encode()).hexdigest()}.zip"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fetch(url, path, allowed=self._uploads)
        return path


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
