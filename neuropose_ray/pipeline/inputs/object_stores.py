"""The store that a URL names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from pyarrow import fs

#: What may follow the question mark of an ``s3://`` URL, as pyarrow has it.
_S3_OPTIONS = {"region", "scheme", "endpoint_override"}


def open_store(url: str) -> tuple[fs.FileSystem, str]:
    """The file system that pyarrow has for a URL, and the path in it.

    Credentials for S3 are found as other programs find them: ``AWS_ACCESS_KEY_ID`` and its like, ``~/.aws``, the
    role of the machine. A store of somebody else than Amazon is named by ``AWS_ENDPOINT_URL`` or in the URL:
    ``s3://bucket/key?endpoint_override=host:9000&scheme=http``.

    Raises:
        ValueError: no URL that pyarrow knows.
        OSError: the store does not answer.
    """
    from pyarrow import fs

    parts = urlsplit(url)
    if parts.scheme != "s3":
        system, root = fs.FileSystem.from_uri(url)
        return system, root
    options = dict(parse_qsl(parts.query))
    if unknown := options.keys() - _S3_OPTIONS:
        raise ValueError(f"unknown option {', '.join(sorted(unknown))} in the URL")
    if "endpoint_override" not in options and (endpoint := os.environ.get("AWS_ENDPOINT_URL")):
        options |= {"endpoint_override": urlsplit(endpoint).netloc, "scheme": urlsplit(endpoint).scheme}
    if not options.keys() & {"region", "endpoint_override"}:
        options["region"] = fs.resolve_s3_region(parts.netloc)
    # A client that pyarrow makes from a URL tries for minutes to reach a store that takes connections and does not
    # answer; one made like this gives up after three tries.
    return fs.S3FileSystem(**options), parts.netloc + unquote(parts.path)
