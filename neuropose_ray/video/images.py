"""Numbered images as a video: their times, their digest, and their pictures."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import DecodeError, InputError, InputNotFoundError, VideoError
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.heif import decode_heif, is_heif
from neuropose_ray.video.luma import decode_luma, grey_of, has_own_luma
from neuropose_ray.video.picture_ends import is_cut_short
from neuropose_ray.video.picture_size import picture_size
from neuropose_ray.video.settings import VideoSettings
from neuropose_ray.video.sources import NumberedImages, list_images
from neuropose_ray.video.types import Chunk, DecodedFrame, ImageFile, Pictures, VideoInfo, VideoSource
from neuropose_ray.video.yuv import YUVMatrix, planes_of_rgb


def probe_images(source: VideoSource) -> VideoInfo:
    """Times from the numbers in the names, so that gaps keep their time; the size that most images have.

    Raises:
        InputNotFoundError: there is no image, or no single numbered series.
        VideoError: not one image can be read.
    """
    images = list_images(source.path)
    fps = source.fps or VideoSettings().image_fps
    read = [_image_file(path) for path in images.paths]
    files = tuple(file for file, _ in read)
    height, width = _usual_image(source.path, images, [size for _, size in read]).shape[:2]
    return VideoInfo(
        source=source, width=width, height=height, rotation_degrees=0,
        codec=images.paths[0].suffix.lower().removeprefix("."), stream_index=0,
        timestamps_s=np.array([(number - images.numbers[0]) / fps for number in images.numbers], np.float64),
        keyframes=np.arange(len(images.numbers), dtype=np.int64), sha256=images_sha256(files),
        notes=tuple(_notes(source, images, fps)), images=files,
    )  # fmt: skip


def decode_images(
    info: VideoInfo, chunk: Chunk, errors: list[DecodeError], pictures: Pictures = "rgb"
) -> Iterator[DecodedFrame]:
    """The pictures of a chunk; one that cannot be read, or is of another size, becomes an error and is left out.

    Raises:
        InputNotFoundError: the folder, or the still image, is no longer there.
    """
    place = info.source.path
    if not place.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(place), hint="check the path")
    folder = place if place.is_dir() else place.parent
    paths = [folder / image.name for image in info.images[chunk.first_frame : chunk.first_frame + chunk.frames]]
    times = info.timestamps_s[chunk.first_frame : chunk.first_frame + chunk.frames].tolist()
    for path, time_s in zip(paths, times, strict=False):
        try:
            frame = _decoded(time_s, read_bytes(path), str(path), pictures)
        except InputError as error:  # also one that went away meanwhile; the others keep their places
            errors.append(DecodeError(error.what, where=str(path), hint="it is left out"))
            continue
        height, width = (frame.luma if pictures == "luma" else frame.image).shape[:2]
        if (height, width) != (info.height, info.width):
            size = f"{width}x{height}"
            what = f"the image is {size} where the others are {info.width}x{info.height}"
            errors.append(DecodeError(what, where=str(path), hint="it is left out"))
            continue
        yield frame


def _decoded(time_s: float, content: NDArray[np.uint8], where: str, pictures: Pictures) -> DecodedFrame:
    """One picture; a JPEG is decoded a second time where both are wanted, as its luma is not to be had of its RGB."""
    if pictures == "rgb":
        return DecodedFrame(time_s, decode_image(content, where))
    if pictures == "planes":
        image, matrix = decode_image(content, where), YUVMatrix.BT709
        return DecodedFrame(time_s, image, planes=planes_of_rgb(image, matrix), matrix=matrix)
    own = decode_luma(content, where) if has_own_luma(content) else None
    if own is not None and pictures == "luma":
        return DecodedFrame(time_s, np.empty((0, 0, 3), np.uint8), own)
    image = decode_image(content, where)
    luma = grey_of(image) if own is None else own
    return DecodedFrame(time_s, image if pictures == "both" else np.empty((0, 0, 3), np.uint8), luma)


def read_image(path: Path) -> Frame:
    """One picture file as upright RGB; EXIF orientation is applied, deeper or grey pictures become 8-bit RGB.

    Raises:
        InputNotFoundError: there is no such file.
        VideoError: it cannot be read or is not an image.
    """
    return decode_image(read_bytes(path), where=str(path))


def read_bytes(path: Path) -> NDArray[np.uint8]:
    """The content of a picture file, ``(bytes,)`` uint8.

    Raises:
        InputNotFoundError: there is no such file.
        VideoError: it cannot be read.
    """
    try:
        _require_file(path)
        return np.fromfile(path, np.uint8)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise VideoError(f"the image cannot be read ({error.strerror})", where=str(path)) from error


def decode_image(content: NDArray[np.uint8], where: str) -> Frame:
    """The bytes of a picture file as upright RGB, as :func:`read_image`.

    Args:
        content: ``(bytes,)`` uint8.
        where: names the picture in errors.

    Raises:
        VideoError: it is not an image.
    """
    if is_heif(content):
        return decode_heif(content, where)
    import cv2

    try:
        image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    except cv2.error:  # sizes beyond what the decoder allows
        image = None
    if image is None:
        what = "the image cannot be decoded" if content.size else "the image is empty"
        raise VideoError(what, where=where, hint="save it again as JPEG or PNG")
    rgb: Frame = cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)
    return rgb


def _usual_image(path: Path, images: NumberedImages, sizes: Sequence[tuple[int, int] | None]) -> Frame:
    """The first readable image of those whose stored size is the most frequent one."""
    frequency = Counter(sizes)
    first: InputError | None = None
    for image, _ in sorted(zip(images.paths, sizes, strict=True), key=lambda entry: -frequency[entry[1]]):
        try:
            return read_image(image)
        except InputError as error:
            first = first or error
    if first is not None and len(images.paths) == 1:
        raise first
    why = "" if first is None else f"; the first, {Path(first.where or path).name}: {first.what}"
    raise VideoError(
        f"not one of {len(images.paths)} images can be read{why}",
        where=str(path),
        hint="save them again as JPEG or PNG",
    )


def image_files(images: NumberedImages) -> tuple[ImageFile, ...]:
    """The files of the pictures, each read once; one that cannot be read says why."""
    return tuple(_image_file(path)[0] for path in images.paths)


def images_sha256(files: Sequence[ImageFile]) -> str:
    """SHA-256 over every name, size and digest, in order."""
    digest = hashlib.sha256()
    for file in files:
        # An unreadable image is an error of its own frame, not of the video.
        text = f"{file.name}\0{file.size}\0{file.sha256 or file.error}\0"
        digest.update(text.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _image_file(path: Path) -> tuple[ImageFile, tuple[int, int] | None]:
    """A picture's file, and the size in it, None where it is not among the first bytes."""
    try:
        _require_file(path)
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read()
    except OSError as error:
        return ImageFile(path.name, error=f"the file cannot be read ({error.strerror})"), None
    except VideoError as error:
        return ImageFile(path.name, error=error.what), None
    digest = hashlib.sha256(content).hexdigest()
    try:
        size = picture_size(content)
    except VideoError:
        size = None
    return ImageFile(path.name, len(content), status.st_mtime, digest, is_cut_short(content)), size


def _require_file(path: Path) -> None:
    """Refuse what would be waited for, as a pipe.

    Raises:
        VideoError: it is no file.
        OSError: it cannot be looked at.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a folder refuses to be read
        raise VideoError("the image is not a file", where=str(path), hint="give files, not pipes or devices")


def _notes(source: VideoSource, images: NumberedImages, fps: float) -> Iterator[str]:
    if len(images.numbers) > 1 and source.fps is None:
        yield f"Images carry no times; {fps:g} frames a second are assumed."
    span = images.numbers[-1] - images.numbers[0] + 1
    if missing := span - len(images.numbers):
        first, last = images.numbers[0], images.numbers[-1]
        are = "is" if missing == 1 else "are"
        yield f"{missing} of the numbers {first} to {last} {are} missing; the gaps keep their time."
    if images.duplicates:
        names = ", ".join(path.name for path in images.duplicates[:3])
        repeat = "image repeats" if len(images.duplicates) == 1 else "images repeat"
        verb = "is" if len(images.duplicates) == 1 else "are"
        yield f"{len(images.duplicates)} {repeat} a number and {verb} left out ({names})."
