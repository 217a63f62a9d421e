"""Pipelines as clients name them: inline, or a bundle of a folder or address that the settings allow."""

from __future__ import annotations

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from neuropose_ray.errors import BundleError
from neuropose_ray.rules import Bundle, BundleLimits, check_clips, load_bundle, load_pipeline
from neuropose_ray.service.fetching import fetch
from neuropose_ray.service.settings import ServiceSettings

#: A pipeline as JSON, and the files of its networks by their names.
Resolved = tuple[str | None, Mapping[str, bytes] | None]
#: Bundles that are kept in memory.
_MOST_BUNDLES = 8
#: Fetched ones that are kept on the disk: a URL may name as many as it has spellings.
_MOST_FETCHED = 64
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
        limits = {"max_bytes": BundleLimits().max_archive_bytes}
        self._fetched_from, self._kept = settings.uploads.model_copy(update=limits), kept
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
        location, _, digest = reference.partition("#sha256=")
        path = self._fetched(location) if "://" in location else self._allowed(location)
        key = (reference, path.stat().st_mtime if path.exists() else 0.0)
        if key not in self._bundles:
            self._bundles[key] = load_bundle(path, sha256=digest or None)
            while len(self._bundles) > _MOST_BUNDLES:
                self._bundles.popitem(last=False)
        return self._bundles[key]

    def _allowed(self, location: str) -> Path:
        path = Path(location).expanduser().resolve()
        if not any(path.is_relative_to(folder.resolve()) for folder in self._folders):
            raise BundleError("not below a folder that bundles may be in", where=Path(location).name, hint=_HINT)
        return path

    def _fetched(self, url: str) -> Path:
        """The bundle of a URL, fetched once."""
        if not any(_is_below(url, prefix) for prefix in self._prefixes):
            raise BundleError("not an address that bundles may be fetched from", where=url, hint=_HINT)
        path = self._kept / f"{hashlib.sha256(url.encode()).hexdigest()}.zip"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fetch(url, path, allowed=self._fetched_from)
            self._remove_old()
        return path

    def _remove_old(self) -> None:
        """Keep the latest of the fetched bundles; another one that is asked for is fetched again."""
        kept = sorted(self._kept.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[_MOST_FETCHED:]:
            path.unlink(missing_ok=True)


def _is_below(url: str, prefix: str) -> bool:
    """Whether a URL is that of an allowed prefix or of a path below it, on the same host and port."""
    try:
        given, allowed = urlsplit(url), urlsplit(prefix)
    except ValueError:
        return False
    if (given.scheme, given.netloc.lower()) != (allowed.scheme, allowed.netloc.lower()):
        return False
    parts, above = ([part for part in unquote(split.path).split("/") if part] for split in (given, allowed))
    return ".." not in parts and parts[: len(above)] == above


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
