"""The side of a decoder's process that is in this one: started, asked, heard and ended."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import neuropose_ray
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.live.access import OpenKind, SourceAccess
from neuropose_ray.video.live.shared_frames import FrameReader, anonymous_memory
from neuropose_ray.video.live.wire import Message, Receiver, Sender, WireError

_MODULE = "neuropose_ray.video.live.decoder_process"
_BLOCK_BYTES = 1 << 18
# For the camera to hear that the connection is over: many allow few at a time.
_GOODBYE_S = 0.5
_REAP_S = 1.0


class DecoderLostError(Exception):
    """The decoder's process has ended, or says what is no message; the text says how, without URLs."""


class DecoderClient:
    """One process that decodes one connection. Its URL goes by the socket: arguments of processes are public.

    Args:
        kind: of the source, for the libraries that it needs.
    """

    def __init__(self, kind: OpenKind) -> None:
        """Start the process.

        Raises:
            OSError: none can be started now.
        """
        package = str(Path(neuropose_ray.__file__).parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        with contextlib.ExitStack() as stack:
            self._channel, theirs = map(stack.enter_context, socket.socketpair())
            self._memory = anonymous_memory()
            stack.callback(os.close, self._memory)
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            # Without the working folder among the folders of modules (-P).
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno()), str(self._memory), kind],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
                pass_fds=(theirs.fileno(), self._memory),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )  # fmt: skip
            self._opened = stack.pop_all()
        theirs.close()
        # Unlike select, it takes descriptors of any number.
        self._poll = select.poll()
        self._poll.register(self._channel, select.POLLIN)
        self._frames = FrameReader(self._memory)
        self._sender, self._receiver = Sender(self._channel), Receiver()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def open(self, url: str, options: SourceOptions, access: SourceAccess) -> None:
        """Ask for the connection; once."""
        fields = {**asdict(access), "files": [str(folder) for folder in access.files]}
        self._send({"type": "open", "url": url, "options": options.model_dump(mode="json"), "access": fields})

    def ask(self, request: int, until: float) -> None:
        """Ask for a frame.

        Args:
            request: a number that comes back with it.
            until: monotonic seconds, which all processes of a machine share, until which it is waited for.
        """
        self._send({"type": "take", "request": request, "until": until})

    def messages(self, timeout_s: float) -> Iterator[tuple[Message, bytes]]:
        """What the decoder says within a time; none where it says nothing.

        Raises:
            DecoderLostError: it has ended.
        """
        if not self._poll.poll(1000 * timeout_s):
            return
        try:
            data = self._channel.recv(_BLOCK_BYTES)
            if not data:
                raise DecoderLostError(self._how_it_ended())
            yield from self._receiver.feed(data)
        except (OSError, WireError) as error:
            raise DecoderLostError(self._how_it_ended()) from error

    def image(self, message: Message) -> Frame:
        """The picture of a message about a frame, a copy."""
        return self._frames.read(message["offset"], message["height"], message["width"])

    def close(self, *, goodbye: bool = True) -> None:
        """End the process, within a second and a half, whatever it is doing.

        Args:
            goodbye: give it half a second to tell the camera.
        """
        if goodbye:
            self._send({"type": "close"})
            deadline = time.monotonic() + _GOODBYE_S
            while self._process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(DecoderLostError):
                    # What it still says is in its way.
                    for _ in self.messages(0.02):
                        pass
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)
        self._opened.close()

    def _send(self, message: Message) -> None:
        # That it is gone is noticed where its messages are read.
        with contextlib.suppress(OSError):
            self._sender.send(message)

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)
        code = self._process.returncode
        how = (
            f"the decoder ended by signal {-code}" if code is not None and code < 0 else f"the decoder ended ({code})"
        )
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode("utf-8", "replace").split()
        # The kind of a Python error, never what it says: that may be the URL.
        kinds = [line.rstrip(":") for line in lines if line.rstrip(":").endswith(("Error", "Exception"))]
        return f"{how}: {kinds[-1]}" if kinds else how
