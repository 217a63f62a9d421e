"""The trained networks that come with the package: one file, known by its digest, and a card that says what it is."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import DigestMismatchError, FileFormatError, WeightsUnavailableError
from neuropose_ray.lifting.network import Network
from neuropose_ray.lifting.prior import LearntDepthPrior

#: Counts the weights that were shipped. What reads them counts with the fit.
VERSION = 3
WEIGHTS_FILE, CARD_FILE = "depth_prior.npz", "depth_prior.md"
SHA256 = "fa75d4bd6891336a15bd0437e9f9d5ac48088e30e1ff8b4ce3d10749e49011b4"

_ASSETS = files("neuropose_ray.lifting") / "assets"


def weights_version() -> str:
    """Name, number and digest of the weights, without reading them."""
    return f"depth prior {VERSION}, SHA-256 {SHA256}"


@cache
def load_depth_prior() -> LearntDepthPrior:
    """The prior, read once in a process.

    Raises:
        WeightsUnavailableError: the file is not in the package.
        DigestMismatchError: it is another file, or damaged.
    """
    path = _ASSETS / WEIGHTS_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsUnavailableError(
            f"the depth prior's weights cannot be read ({error.strerror})", where=str(path),
            hint="install the package again, or process with --depth-prior off",
        ) from error  # fmt: skip
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise DigestMismatchError(
            f"the depth prior's weights have the SHA-256 {digest}, not {SHA256}", where=str(path),
            hint="install the package again, or process with --depth-prior off",
        )  # fmt: skip
    return LearntDepthPrior(unpacked(content, str(path)), weights_version())


def card() -> str:
    """What the weights were trained on, what they reach, what they are not for, and whom to acknowledge: Markdown."""
    return (_ASSETS / CARD_FILE).read_text("utf-8")


def packed(networks: Mapping[int, Mapping[str, NDArray[np.float32]]]) -> bytes:
    """One file out of the arrays of networks by their seeds, in half precision and the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for seed, arrays in sorted(networks.items()):
            for name, array in sorted(arrays.items()):
                member = io.BytesIO()
                np.lib.format.write_array(member, array.astype(np.float16), allow_pickle=False)
                # A date in the archive would change the digest.
                archive.writestr(zipfile.ZipInfo(f"{seed}/{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return buffer.getvalue()


def unpacked(content: bytes, where: str) -> tuple[Network, ...]:
    """The networks in a file of :func:`packed`, by ascending seed.

    Raises:
        FileFormatError: it is no such file.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
        seeds = sorted({int(name.split("/")[0]) for name in arrays})
        if not seeds:
            raise ValueError("it holds no network")
        return tuple(
            Network.of({name.split("/")[1]: array for name, array in arrays.items() if name.startswith(f"{seed}/")})
            for seed in seeds
        )
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise FileFormatError(f"not the weights of a depth prior ({error})", where=where) from error
