"""Messages between processes: whole however they are cut, and nothing else is taken for one."""

import json
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.video.live.wire import Receiver, Sender, WireError

MESSAGE = st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=20), st.none()), max_size=4)


def written(messages: list[tuple[dict, bytes]]) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message, payload in messages:
            Sender(ours).send(message, payload)
        ours.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: theirs.recv(1 << 16), b""))


@settings(max_examples=40)
@given(st.lists(st.tuples(MESSAGE, st.binary(max_size=200)), max_size=5), st.integers(1, 50))
def test_messages_come_whole_however_their_bytes_are_cut(messages, step):
    data, receiver = written(messages), Receiver()
    received = [pair for start in range(0, len(data), step) for pair in receiver.feed(data[start : start + step])]
    assert received == messages


@pytest.mark.parametrize(
    "data", [struct.pack("!II", 1 << 31, 0), struct.pack("!II", 3, 0) + b"[]x", struct.pack("!II", 2, 0) + b"[]"]
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises(WireError):
        list(Receiver().feed(data))


@settings(max_examples=40)
@given(st.binary(max_size=100))
def test_no_bytes_at_all_do_more_than_be_refused(data):
    try:
        for message, _ in Receiver().feed(data):
            json.dumps(message)
    except WireError:
        """As it should be."""


def test_a_channel_whose_other_side_is_gone_says_so():
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(OSError, match="pipe"):
        Sender(ours).send({})
