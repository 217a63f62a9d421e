"""Small ONNX networks, written field by field: the onnx package is not needed for three nodes."""


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(0x80 | (number & 0x7F))
        number >>= 7
    return bytes([*encoded, number])


def _field(number: int, value: int | str | bytes) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _node(operator: str, source: str, target: str) -> bytes:
    return _field(1, source) + _field(2, target) + _field(4, operator)


def _tensor(name: str, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dimensions)))  # of 32-bit floats


def mean_colours(size: tuple[int, int] = (8, 8), *, extra: bytes = b"") -> bytes:
    """A network whose three outputs are the means of red, green and blue of a picture ``(1, 3, height, width)``.

    Args:
        size: width and height.
        extra: fields that are added to its graph.
    """
    width, height = size
    graph = (
        _field(1, _node("GlobalAveragePool", "picture", "means"))
        + _field(1, _node("Flatten", "means", "classes"))
        + _field(2, "mean_colours")
        + _field(11, _tensor("picture", (1, 3, height, width)))
        + _field(12, _tensor("classes", (1, 3)))
        + extra
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))


def external_weights(location: str) -> bytes:
    """A field of a graph: weights that lie in a file beside the network."""
    entry = _field(1, "location") + _field(2, location)
    weights = _field(1, 1) + _field(2, 1) + _field(8, "weights") + _field(13, entry) + _field(14, 1)
    return _field(5, weights)
