"""What reading a damaged archive raises."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from typing import Final

#: Of zipfile, tarfile and the decompressors: RuntimeError is zipfile's for encryption and for a compression that it
#: does not know, ValueError and OverflowError come from numbers in headers. A decompressor's OSError is not among
#: them, as the disk may mean it.
ARCHIVE_DAMAGE: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError,
    OverflowError,
)  # fmt: skip
