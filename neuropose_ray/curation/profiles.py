"""Settings that suit a kind of machine, by name; whatever is given besides wins over them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from neuropose_ray.errors import SettingsError

#: Nested as settings are. A GPU measures nothing: it is for the poses and labels of the same run.
PROFILES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "local-cpu": {"engine": {"kind": "local"}, "curation": {"batch_size": 512}},
        "gpu-single": {"engine": {"kind": "ray", "chunks_per_gpu": 3}, "curation": {"batch_size": 512}},
        "high-throughput": {"engine": {"kind": "ray"}, "curation": {"batch_size": 2048}},
    }
)


def profile(name: str) -> Mapping[str, Any]:
    """The settings of a profile.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in PROFILES:
        raise SettingsError("there is no such profile", where=name, hint=f"there are {', '.join(PROFILES)}")
    return PROFILES[name]
