"""Errors of what a user gives: settings, paths, videos, files and archives."""

from __future__ import annotations

from neuropose_ray.errors.base import NeuroposeRayError


class SettingsError(NeuroposeRayError):
    """A setting, flag, environment variable or configuration file is wrong."""

    code = "settings"
    cause = "A misspelt name, a value out of its range, or two settings that exclude each other."
    remedy = "Correct what the message names; --help and the settings' descriptions list what is allowed."


class InputError(NeuroposeRayError):
    """An input cannot be used."""

    code = "input"
    cause = "The file is there, but holds no person, no times, or not what the command needs."
    remedy = "Read what the message says of the file, and give another one or process it again."


class InputNotFoundError(InputError):
    """A path that does not exist, or a folder without a single video."""

    code = "input_not_found"
    cause = "A typing error, a folder that is not mounted, or a pattern that matches nothing."
    remedy = "Check the path with ls; patterns need quotes, and URLs the access of this machine."


class MissingFileError(InputNotFoundError, FileNotFoundError):
    """A file that does not exist; a FileNotFoundError for NeuroPose's callers."""


class VideoError(InputError):
    """A video that cannot be opened, or has no picture stream."""

    code = "video_unreadable"
    cause = "No video, a file that was cut off while it was copied, or an audio file."
    remedy = "Play the file elsewhere; copy or export it again, as MP4 with H.264 where in doubt."


class DecodeError(InputError):
    """Frames of an opened video that cannot be decoded."""

    code = "video_decode"
    cause = "Damaged parts, or a codec that this machine's FFmpeg does not know."
    remedy = "Copy the file again, or convert it: ffmpeg -i IN -c:v libx264 OUT.mp4."


class FetchError(InputNotFoundError):
    """An input that did not come from its host, and may when it is asked for again."""

    code = "input_fetch"
    retryable = True
    cause = "The host is away, refuses, or ended the transfer early."
    remedy = "Try again later; check the URL and its access in a browser or with curl."


class FileFormatError(InputError):
    """A predictions, results or report file that is not what it should be."""

    code = "file_format"
    cause = "Another program's file, a damaged one, or one that was changed by hand."
    remedy = "Give the file that a run or an analysis wrote, or make it again."


class FutureSchemaError(FileFormatError):
    """A file written by a newer version of this package."""

    code = "file_too_new"
    cause = "A newer neuropose-ray wrote the file."
    remedy = "Update neuropose-ray on this machine."


class MigrationError(FileFormatError):
    """A file whose version cannot be told, or from whose version nothing leads to the present one."""

    code = "file_version"
    cause = "The schema_version is no whole number, or no migration is known from it."
    remedy = "Make the file again with the program that wrote it, or process the video again."


class MigrationNotFoundError(MigrationError):
    """A file of a version from which nothing leads to the present one."""


class IngestError(InputError):
    """An archive that cannot be placed into the inbox."""

    code = "ingest"
    cause = "The archive cannot be unpacked into the inbox."
    remedy = "Read the message, and make the archive again."


class ArchiveInvalidError(IngestError):
    """Not an archive, damaged, encrypted, or with members that point outside."""

    code = "archive_invalid"
    cause = "No zip, a damaged or encrypted one, or one with paths that lead outside."
    remedy = "Make a plain zip of the videos alone."


class ArchiveEmptyError(IngestError):
    """An archive without a video."""

    code = "archive_empty"
    cause = "A zip without a file whose ending is that of a video."
    remedy = "Put the videos into it, as .mp4, .mov, .avi or .mkv."


class ArchiveTooLargeError(IngestError):
    """An archive whose content is beyond the limits."""

    code = "archive_too_large"
    cause = "More bytes or files than the limits allow once it is unpacked."
    remedy = "Make several archives of it."


class JobCollisionError(IngestError):
    """Jobs that are in the inbox already, or twice in one archive; ``collisions`` names them all."""

    code = "job_collision"
    cause = "Folders of these names are in the inbox already, or twice in the archive."
    remedy = "Rename them, or --force to replace those in the inbox."

    def __init__(
        self, what: str, *, where: str | None = None, hint: str | None = None, collisions: tuple[str, ...] = ()
    ) -> None:
        """Keep the names for programs."""
        self.collisions = collisions
        super().__init__(what, where=where, hint=hint)
