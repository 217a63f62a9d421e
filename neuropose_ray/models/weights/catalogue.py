"""The weights that are known by name, and what a user's own model string means."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from neuropose_ray.errors import SettingsError, UnknownModelError

WEIGHTS_NOTICE = (
    "MeTRAbs weights are for non-commercial use only: the data sets they were trained on allow no other "
    "(the MIT licence of the MeTRAbs code does not cover them). In publications cite I. Sarandi et al., "
    "'MeTRAbs: Metric-Scale Truncation-Robust Heatmaps for Absolute 3D Human Pose Estimation' (T-BIOM 2021), and "
    "I. Sarandi, A. Hermans, B. Leibe, 'Learning 3D Human Pose Estimation from Dozens of Datasets using a "
    "Geometry-Aware Autoencoder to Bridge Between Skeleton Formats' (WACV 2023)."
)

Backend = Literal["blazepose", "metrabs", "selfie_segmentation"]

#: The files of a BlazePose folder: person detector, landmark model.
BLAZEPOSE_FILES = ("pose_detection.tflite", "pose_landmark_full.tflite")

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One file inside a wheel."""

    path: PurePosixPath
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelOrigin:
    """Files that are published only inside a Python wheel, which is downloaded and opened but never installed.

    ``python_version`` and ``platform`` name one build of the wheel, whatever machine this is.
    """

    backend: Backend
    requirement: str
    python_version: str
    platform: str
    members: tuple[WheelMember, ...]


@dataclass(frozen=True, slots=True)
class ArchiveOrigin:
    """An archive on a web server. Without a ``sha256`` the first download is trusted and remembered."""

    url: str
    sha256: str | None
    may_use_mirror: bool

    @property
    def filename(self) -> str:
        """The last part of the URL's path."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name

    @property
    def shown(self) -> str:
        """The URL without user name, password and query, which may hold secrets."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True, slots=True)
class PathOrigin:
    """A folder or an archive on this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class Licence:
    """The publisher's licence; ``notice`` has to be shown to a user before the first run."""

    name: str
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class WeightSource:
    """The source of weights. ``key`` names their folder in the cache."""

    name: str
    key: str
    origin: WheelOrigin | ArchiveOrigin | PathOrigin
    licence: Licence | None = None


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """Weights that are known by name.

    ``download_bytes`` is approximate, for a progress bar and a warning; None where it is not known.
    """

    source: WeightSource
    aliases: tuple[str, ...]
    backend: Backend
    skeletons: tuple[str, ...]
    download_bytes: int | None
    summary: str


def _mediapipe(backend: Backend, members: tuple[WheelMember, ...]) -> WheelOrigin:
    """Files of the last release of MediaPipe whose wheels carry its models."""
    return WheelOrigin(backend, "mediapipe==0.10.21", "3.11", "manylinux_2_28_x86_64", members)


_BLAZEPOSE = CatalogueEntry(
    source=WeightSource(
        name="blazepose",
        key="blazepose",
        origin=_mediapipe(
            "blazepose",
            (
                WheelMember(
                    PurePosixPath("mediapipe/modules/pose_detection/pose_detection.tflite"),
                    2_959_046,
                    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
                ),
                WheelMember(
                    PurePosixPath("mediapipe/modules/pose_landmark/pose_landmark_full.tflite"),
                    6_440_512,
                    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
                ),
            ),
        ),
        licence=Licence("Apache-2.0"),
    ),
    aliases=(),
    backend="blazepose",
    skeletons=("blazepose_33",),
    download_bytes=35_622_638,
    summary="BlazePose GHUM full; real time on a CPU",
)

#: The skeletons of the MeTRAbs models trained on 28 datasets; the joint count is in the name.
_METRABS_SKELETONS = (
    "smpl_24", "kinectv2_25", "h36m_17", "h36m_25", "mpi_inf_3dhp_17", "mpi_inf_3dhp_28", "coco_19", "smplx_42",
    "ghum_35", "lsp_14", "sailvos_26", "gpa_34", "aspset_17", "bml_movi_87", "mads_19", "berkeley_mhad_43",
    "total_capture_21", "jta_22", "ikea_asm_17", "human4d_32", "3dpeople_29", "umpm_15", "smpl+head_30",
)  # fmt: skip


def _metrabs(
    name: str, sha256: str | None, download_bytes: int | None, summary: str, *aliases: str
) -> CatalogueEntry:
    """A MeTRAbs model as its authors publish it: https://github.com/isarandi/metrabs."""
    url = f"https://omnomnom.vision.rwth-aachen.de/data/metrabs/{name}.tar.gz"
    return CatalogueEntry(
        source=WeightSource(
            name=name,
            key=name,
            origin=ArchiveOrigin(url, sha256, may_use_mirror=True),
            licence=Licence("non-commercial use only", WEIGHTS_NOTICE),
        ),
        aliases=aliases,
        backend="metrabs",
        skeletons=_METRABS_SKELETONS,
        download_bytes=download_bytes,
        summary=summary,
    )


CATALOGUE = (
    _BLAZEPOSE,
    _metrabs(
        "metrabs_eff2l_y4_384px_800k_28ds",
        "fa31b5b043f227588c3d224e56db89307d021bfbbb52e36028919f90e1f96c89",
        708_000_000,
        "MeTRAbs EfficientNetV2-L, 384 px; most accurate, wants a GPU",
        "metrabs",
    ),
    _metrabs("metrabs_eff2s_y4_384px_800k_28ds", None, None, "MeTRAbs EfficientNetV2-S, 384 px"),
    _metrabs("metrabs_eff2s_y4_256px_1600k_28ds", None, None, "MeTRAbs EfficientNetV2-S, 256 px; fastest MeTRAbs"),
)


#: Weights of the segmenter: no pose model, and therefore not in the catalogue of these.
SELFIE_SEGMENTATION = WeightSource(
    name="selfie_segmentation",
    key="selfie_segmentation",
    origin=_mediapipe(
        "selfie_segmentation",
        (
            WheelMember(
                PurePosixPath("mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite"),
                249_505,
                "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            ),
        ),
    ),
    licence=Licence("Apache-2.0"),
)


def resolve(model: str) -> WeightSource:
    """The source that a model string means, without a look at the disk or the network.

    Args:
        model: a name or alias of :data:`CATALOGUE`, or ``selfie_segmentation``; an ``http(s)`` URL of an archive,
            optionally with ``#sha256=...``; or a path to a folder or an archive. A path holds a separator or an
            archive's ending, so that a misspelt name is never taken for a folder: write ``./name``.

    Raises:
        UnknownModelError: it is none of these.
        SettingsError: the part of a URL after ``#`` is not ``sha256=`` and 64 hexadecimal digits.
    """
    for entry in CATALOGUE:
        if model == entry.source.name or model in entry.aliases:
            return entry.source
    if model == SELFIE_SEGMENTATION.name:
        return SELFIE_SEGMENTATION
    if model.startswith(("http://", "https://")):
        return _url_source(model)
    if model.startswith("~") or "/" in model or "\\" in model or model in (".", "..") or _stem(model) != model:
        path = Path(model).expanduser()
        return WeightSource(name=model, key=_safe(_stem(path.name)), origin=PathOrigin(path))
    names = ", ".join(name for entry in CATALOGUE for name in (*entry.aliases, entry.source.name))
    raise UnknownModelError(
        "no such model", where=model, hint=f"use {names}, a URL, or a path (a folder here is written ./{model})"
    )


def _url_source(model: str) -> WeightSource:
    url, _, fragment = model.partition("#")
    sha256 = None
    if fragment:
        stated = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", fragment)
        if stated is None:
            raise SettingsError(f"{fragment!r} is not a digest", where=url, hint="write #sha256= and 64 hex digits")
        sha256 = stated[1].lower()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UnknownModelError(f"not a URL: {error}", where=url) from error
    # A browser shows spaces and letters of any script; the wire knows ASCII alone.
    url = urlunsplit(parts._replace(path=quote(parts.path, safe="/%"), query=quote(parts.query, safe="=&%+/:,;@?")))
    origin = ArchiveOrigin(url, sha256, may_use_mirror=False)
    short = hashlib.sha256(url.encode()).hexdigest()[:12]
    return WeightSource(name=origin.shown, key=f"{_safe(_stem(origin.filename))}-{short}", origin=origin)


def _stem(filename: str) -> str:
    """A file name without its archive ending."""
    for suffix in ARCHIVE_SUFFIXES:
        if filename.lower().endswith(suffix):
            return filename[: -len(suffix)]
    return filename


def _safe(name: str) -> str:
    """A name that any file system takes, short enough to be made longer."""
    return re.sub(r"[^\w.+-]", "_", name).strip(".")[:100] or "weights"
