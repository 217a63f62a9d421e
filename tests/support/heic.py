"""A HEIC picture as phones write it: one HEVC frame in the boxes of ISO/IEC 23008-12, with a turn."""

from pathlib import Path

import av
import numpy as np


def box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + name + content


def full_box(name: bytes, content: bytes, version: int = 0) -> bytes:
    return box(name, bytes([version, 0, 0, 0]) + content)


def write_heic(path: Path, picture: np.ndarray, quarter_turns: int = 0) -> None:
    """Write ``(height, width, 3)`` RGB, to be shown after so many quarter turns against the clock."""
    clip = path.with_suffix(".mp4")
    height, width = picture.shape[:2]
    with av.open(clip, "w") as container:
        options = {"x265-params": "log-level=none:bframes=0", "preset": "ultrafast", "crf": "4"}
        stream = container.add_stream("libx265", rate=1, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(clip) as container:
        configuration = container.streams.video[0].codec_context.extradata
        coded = b"".join(bytes(packet) for packet in container.demux(video=0) if packet.size)
    clip.unlink()
    properties = box(b"hvcC", configuration) + full_box(b"ispe", width.to_bytes(4) + height.to_bytes(4))
    properties += box(b"irot", bytes([quarter_turns]))
    associations = full_box(b"ipma", (1).to_bytes(4) + (1).to_bytes(2) + bytes([3, 0x81, 0x02, 0x83]))
    entry = full_box(b"infe", (1).to_bytes(2) + bytes(2) + b"hvc1" + bytes(1), version=2)

    def meta(offset: int) -> bytes:
        extent = (1).to_bytes(2) + offset.to_bytes(4) + len(coded).to_bytes(4)
        location = bytes([0x44, 0x00]) + (1).to_bytes(2) + (1).to_bytes(2) + bytes(2) + extent
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + full_box(b"pitm", (1).to_bytes(2))
            + full_box(b"iinf", (1).to_bytes(2) + entry)
            + full_box(b"iloc", location)
            + box(b"iprp", box(b"ipco", properties) + associations),
        )

    head = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    offset = len(head) + len(meta(0)) + 8
    path.write_bytes(head + meta(offset) + box(b"mdat", coded))
