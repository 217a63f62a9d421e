import pytest
from pydantic import BaseModel, ValidationError, field_validator

from neuropose_ray.analysis.runs.files import faults, read_text
from neuropose_ray.errors import FileFormatError, InputNotFoundError


class Part(BaseModel):
    size: int
    kind: str

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind != "wheel":
            raise ValueError("only wheels are known")
        return kind


class Whole(BaseModel):
    parts: list[Part]


def test_everything_that_is_wrong_is_in_one_line_with_its_place():
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate({"parts": [{"size": "x", "kind": "wheel"}, {"size": 1, "kind": "hull"}]})
    line = faults(caught.value)
    first, second = line.split("; ")
    assert first.startswith("parts.0.size: Input should be a valid integer")
    assert second == "parts.1.kind: only wheels are known"


def test_a_text_is_read_as_it_is(tmp_path):
    (tmp_path / "a.yaml").write_text("größe: 1\n", "utf-8")
    assert read_text(tmp_path / "a.yaml") == "größe: 1\n"


def test_what_is_not_there_not_text_or_no_file_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError, match="no such file"):
        read_text(tmp_path / "gone")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="not text"):
        read_text(tmp_path / "bytes")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_text(tmp_path)
