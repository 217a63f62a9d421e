"""Pipelines as clients name them: inline, or a bundle of a folder or address that the settings allow."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from neuropose_ray.errors import AddressRefusedError, BundleError, RuleError
from neuropose_ray.rules import Bundle, BundleLimits, check_clips, load_bundle, load_pipeline
from neuropose_ray.schemas.actions import Webhook
from neuropose_ray.schemas.rules import Pipeline
from neuropose_ray.service.fetching import FetchLimits, fetch
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.stores import require_allowed

#: A pipeline as JSON, and the files of its networks by their names.
Resolved = tuple[str | None, Mapping[str, bytes] | None]
#: Bundles that are kept in memory.
_MOST_BUNDLES = 8
#: Fetched ones that are kept on the disk: a URL may name as many as it has spellings.
_MOST_FETCHED = 64
_HINT = "see service.live.bundles"
#: Somebody waits for the answer, and the hub has few threads.
_LIMITS = FetchLimits(silence_s=10.0, whole_s=50.0, attempts=2)


class Pipelines:
    """Finds and checks pipelines.

    Args:
        settings: which bundles may be loaded, and from which hosts.
        kept: folder for bundles that are fetched.
    """

    def __init__(self, settings: ServiceSettings, kept: Path) -> None:
        self._folders = tuple(Path(root).expanduser() for root in settings.live.bundles if "://" not in root)
        self._prefixes = tuple(root for root in settings.live.bundles if "://" in root)
        self._webhooks = settings.webhooks
        most_bytes = min(settings.uploads.max_bytes, BundleLimits().max_archive_bytes)
        self._uploads, self._kept = settings.uploads.model_copy(update={"max_bytes": most_bytes}), kept
        self._bundles: OrderedDict[tuple[str, float], Bundle] = OrderedDict()

    def resolved(self, reference: str | Mapping[str, object] | None, kept_s: float | None = None) -> Resolved:
        """The pipeline that a reference means, checked.

        Args:
            reference: inline, the path or URL of a bundle, or None. A URL may end with ``#sha256=`` and a digest.
            kept_s: the last seconds of video that are kept of the stream; None of a stream that was taken before:
                what the settings allow no more fails when it is done.

        Raises:
            RuleError: it is wrong, wants more video than is kept, or sends webhooks where they may not be sent.
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
        if kept_s is not None:
            check_clips(pipeline, kept_s)
            self._check_webhooks(pipeline)
        return pipeline.model_dump_json(), models

    def _check_webhooks(self, pipeline: Pipeline) -> None:
        for index, rule in enumerate(pipeline.rules):
            for when, actions in (("on_enter", rule.on_enter), ("on_complete", rule.on_complete)):
                for position, action in enumerate(actions):
                    if not isinstance(action, Webhook):
                        continue
                    try:
                        require_allowed(action.url, self._webhooks)
                    except AddressRefusedError as error:
                        where = f"rules[{index}].{when}[{position}].url"
                        raise RuleError(error.what, where=where, hint=error.hint) from None

    def _bundle(self, reference: str) -> Bundle:
        place, _, digest = reference.partition("#sha256=")
        is_remote = "://" in place
        path = self._fetched(place) if is_remote else self._allowed(place)
        key = (reference, _changed_at(path))
        bundle = self._bundles.get(key)
        if bundle is None:
            try:
                bundle = self._bundles[key] = load_bundle(path, sha256=digest or None)
            except BundleError:
                if is_remote:  # there may be another one the next time
                    path.unlink(missing_ok=True)
                raise
            while len(self._bundles) > _MOST_BUNDLES:
                self._bundles.popitem(last=False)
        return bundle

    def _allowed(self, place: str) -> Path:
        try:
            path = Path(place).expanduser().resolve()
        except (OSError, ValueError, RuntimeError) as error:  # such as ~ of nobody
            raise BundleError("not a path", where=place[:100], hint=_HINT) from error
        if not any(path.is_relative_to(folder.resolve()) for folder in self._folders):
            raise BundleError("not below a folder that bundles may be in", where=path.name, hint=_HINT)
        return path

    def _fetched(self, url: str) -> Path:
        """The bundle of a URL, fetched once."""
        if not any(_is_below(url, prefix) for prefix in self._prefixes):
            raise BundleError("not an address that bundles may be fetched from", where=url, hint=_HINT)
        path = self._kept / f"{hashlib.sha256(url.encode()).hexdigest()}.zip"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fetch(url, path, allowed=self._uploads, limits=_LIMITS)
            self._remove_old()
        return path

    def _remove_old(self) -> None:
        """Keep the latest of the fetched bundles; another one that is asked for is fetched again."""
        kept = sorted(self._kept.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[_MOST_FETCHED:]:
            path.unlink(missing_ok=True)


def _is_below(url: str, prefix: str) -> bool:
    """Whether a URL is a prefix, or lies below it, also for a server that takes dots in a path for folders."""
    try:
        given, top = urlsplit(url), urlsplit(prefix)
    except ValueError:
        return False
    path, folder = unquote(given.path), unquote(top.path).rstrip("/")
    hosts = ((split.scheme, split.netloc.lower()) for split in (given, top))
    if len(set(hosts)) > 1 or {".", ".."} & set(re.split(r"[/\\]", path)):
        return False
    return path == folder or path.startswith(f"{folder}/")


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
