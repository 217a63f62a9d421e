"""Ports of this machine that nobody listens at."""

import random
import socket

#: Below the ports that systems give to outgoing connections, and above those of Ray's workers: one of the former
#: may be anybody's before who asked for it listens there.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """One that was free a moment ago."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
