"""Bundles: read as they were written, and refused where manifest, pipeline and networks do not agree."""

import hashlib
import os

import pytest
from rules.bundles import FILES, PIPELINE, honest, manifest_of, written, zipped
from rules.streams import SKELETON, pipeline, rule
from support.onnx_files import external_weights, mean_colours

from neuropose_ray.errors import BundleError, InputNotFoundError, OutputError, RuleError
from neuropose_ray.rules import BundleLimits, InlineExecutor, build_branches, load_bundle, write_bundle


def test_a_bundle_is_read_as_it_was_written_and_its_network_runs(tmp_path):
    network = tmp_path / "somewhere.onnx"
    network.write_bytes(mean_colours())
    path = tmp_path / "watch.zip"
    made = write_bundle(path, PIPELINE, {"colours": network})
    read = load_bundle(path, sha256=made.sha256.upper())
    assert (read.pipeline, dict(read.models), read.sha256) == (PIPELINE, {"colours": mean_colours()}, made.sha256)
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert build_branches(read.pipeline, SKELETON, InlineExecutor(), read.models).keys() == {"colour"}


def test_equal_content_makes_equal_files(tmp_path):
    network = tmp_path / "somewhere.onnx"
    network.write_bytes(mean_colours())
    first, second = (write_bundle(tmp_path / name, PIPELINE, {"colours": network}) for name in ("a.zip", "b.zip"))
    assert first.sha256 == second.sha256


def test_yaml_and_files_that_explain_may_be_in_a_bundle(tmp_path):
    text = "name: watch\nrules:\n- name: visit\n"
    files = {"pipeline.yaml": text.encode(), "README.md": b"# Watch", "LICENSE": b"free"}
    assert load_bundle(written(tmp_path, honest(files))).pipeline == pipeline({"name": "visit"})


def test_another_bundle_than_the_expected_one_is_refused(tmp_path):
    with pytest.raises(BundleError, match=r"watch.zip: its SHA-256 is [0-9a-f]{64}, not 0000"):
        load_bundle(written(tmp_path, honest()), sha256="0" * 64)


def test_a_path_that_is_no_readable_file_is_an_error_and_does_not_wait(tmp_path):
    with pytest.raises(InputNotFoundError):
        load_bundle(tmp_path / "none.zip")
    with pytest.raises(BundleError, match="is not a file"):
        load_bundle(tmp_path)
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(BundleError, match="is not a file"):
        load_bundle(tmp_path / "pipe.zip")
    with pytest.raises(BundleError, match="larger than 100 bytes"):
        load_bundle(written(tmp_path, honest()), limits=BundleLimits(max_archive_bytes=100))


NETWORK, TEXT = FILES["models/colours.onnx"], FILES["pipeline.json"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (zipped(list(FILES.items())), "has no manifest.json"),
        (honest({"models/colours.onnx": NETWORK}), "holds 0 pipelines"),
        (honest({**FILES, "pipeline.yaml": b"name: a"}), "holds 2 pipelines"),
        (honest({"pipeline.json": TEXT}), "the file models/colours.onnx of model colours is not in it"),
        (honest({**FILES, "models/other.onnx": NETWORK}), "no model of the pipeline uses models/other.onnx"),
        (honest(name="other"), "its manifest is of another pipeline"),
        (honest(version="2"), "its manifest is of another pipeline"),
        (honest(format="zip"), "manifest.json: format: "),
        (honest(format_version=2), "manifest.json: format_version: "),
        (honest(more=1), "manifest.json: more: no such setting"),
        (zipped([("manifest.json", manifest_of({})), *FILES.items()]), "models/colours.onnx is not in the manifest"),
        (zipped([("manifest.json", manifest_of(FILES | {"README.md": b""})), *FILES.items()]), "README.md is not in"),
        (
            zipped([("manifest.json", manifest_of(FILES)), *(FILES | {"models/colours.onnx": NETWORK[:-1]}).items()]),
            "models/colours.onnx is not what the manifest says",
        ),
        (zipped([("manifest.json", b"{"), *FILES.items()]), "manifest.json: not JSON"),
        (zipped([("manifest.json", b"\xff\xfe"), *FILES.items()]), "manifest.json: is no UTF-8 text"),
        (honest(FILES | {"models/colours.onnx": mean_colours(extra=external_weights("/etc/x"))}), "in another file"),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_does_not_agree_is_refused_with_one_line(tmp_path, data, fault):
    with pytest.raises(BundleError, match=fault) as refused:
        load_bundle(written(tmp_path, data))
    assert str(refused.value).startswith("watch.zip: ")
    assert "\n" not in str(refused.value)


def test_a_fault_in_the_pipeline_is_named_with_its_field(tmp_path):
    action = "{type: publish, name: tell, channel: '{a}', message: ''}"
    text = f"name: watch\nrules:\n- name: visit\n  on_complete: [{action}]"
    where = r"watch.zip: pipeline.yaml: rules\[0\].on_complete\[0\].channel: there is no field"
    with pytest.raises(RuleError, match=where):
        load_bundle(written(tmp_path, honest({"pipeline.yaml": text.encode()})))


def test_what_would_not_be_read_is_not_written(tmp_path):
    network, path = tmp_path / "network.onnx", tmp_path / "watch.zip"
    network.write_bytes(b"\x80\x04 pickled")
    with pytest.raises(BundleError, match="is a pickle"):
        write_bundle(path, PIPELINE, {"colours": network})
    with pytest.raises(BundleError, match="differ in models: colours"):
        write_bundle(path, PIPELINE)
    with pytest.raises(BundleError, match="cannot be read"):
        write_bundle(path, PIPELINE, {"colours": tmp_path / "none.onnx"})
    renamed = PIPELINE.model_copy(
        update={"models": {"colours": PIPELINE.models["colours"].model_copy(update={"file": "../colours.onnx"})}}
    )
    with pytest.raises(BundleError, match="no plain path"):
        write_bundle(path, renamed, {"colours": network})
    assert not path.exists()
    with pytest.raises(OutputError):
        write_bundle(network / "watch.zip", pipeline(rule()))
