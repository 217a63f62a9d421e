"""What `jobs submit` makes jobs of: files, URIs, and what is found in folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class SubmittedInput:
    """One input of a job.

    Attributes:
        name: of the folder that its results are fetched into; no two of one call have the same.
        path: of a file, or of a folder of numbered pictures; None for a URI.
        uri: what the service reads itself; None for a file.
    """

    name: str
    path: Path | None = None
    uri: str | None = None

    @property
    def shown(self) -> str:
        """What messages call it."""
        return str(self.path) if self.path is not None else str(self.uri)


def submitted_inputs(given: Sequence[str]) -> list[SubmittedInput]:
    """The inputs that are meant: URIs as they are, files, and all videos and folders of numbered pictures in folders.

    Raises:
        InputNotFoundError: there is no such file, or a folder holds nothing that could be an input.
    """
    from neuropose_ray.pipeline import discover

    uris = [text for text in given if "://" in text]
    paths = [Path(text) for text in given if "://" not in text]
    inputs = [SubmittedInput(video.name, path=video.path) for video in (discover(paths).videos() if paths else ())]
    taken = {video.name.casefold() for video in inputs}
    for uri in uris:
        stem = PurePosixPath(uri.partition("?")[0]).stem or "video"
        name = next(candidate for candidate in (stem, *(f"{stem}_{number}" for number in range(2, len(given) + 2)))
                    if candidate.casefold() not in taken)  # fmt: skip
        taken.add(name.casefold())
        inputs.append(SubmittedInput(name, uri=uri))
    return inputs
