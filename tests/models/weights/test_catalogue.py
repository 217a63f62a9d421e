from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import SettingsError, UnknownModelError
from neuropose_ray.models.weights.catalogue import (
    CATALOGUE,
    SELFIE_SEGMENTATION,
    ArchiveOrigin,
    PathOrigin,
    WheelOrigin,
    resolve,
)
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS

DIGEST = "0123456789abcdef" * 4


def test_every_catalogue_name_and_alias_resolves_to_its_own_source():
    for entry in CATALOGUE:
        for name in (entry.source.name, *entry.aliases):
            assert resolve(name) is entry.source
    keys = [entry.source.key for entry in CATALOGUE]
    assert len(set(keys)) == len(keys)


def test_blazepose_is_free_for_any_use_and_every_metrabs_comes_with_a_notice():
    notices = {entry.source.name: entry.source.licence.notice for entry in CATALOGUE}
    assert notices.pop("blazepose") is None
    assert all("non-commercial" in notice for notice in notices.values())


def test_some_model_predicts_each_skeleton_that_the_package_knows():
    assert set(KNOWN_SKELETONS) <= {name for entry in CATALOGUE for name in entry.skeletons}


def test_metrabs_means_the_model_that_neuropose_pins():
    origin = resolve("metrabs").origin
    assert isinstance(origin, ArchiveOrigin)
    assert origin.filename == "metrabs_eff2l_y4_384px_800k_28ds.tar.gz"
    assert origin.sha256 == "fa31b5b043f227588c3d224e56db89307d021bfbbb52e36028919f90e1f96c89"


def test_blazepose_is_two_members_of_one_exact_wheel():
    origin = resolve("blazepose").origin
    assert isinstance(origin, WheelOrigin)
    assert origin.requirement == "mediapipe==0.10.21"
    assert [member.path.name for member in origin.members] == ["pose_detection.tflite", "pose_landmark_full.tflite"]


@pytest.mark.parametrize("model", ["./weights", "/srv/m.tar.gz", "m.zip", "m.tgz", "../up", ".", "~/m", "a\\b"])
def test_a_path_has_a_separator_or_an_archive_ending(model):
    assert resolve(model).origin == PathOrigin(Path(model).expanduser())


@pytest.mark.parametrize("model", ["blazepos", "Metrabs", "weights", ""])
def test_a_misspelt_name_is_refused_with_the_names_there_are_and_never_taken_for_a_folder(model):
    with pytest.raises(UnknownModelError, match=r"blazepose, metrabs, .*written \./"):
        resolve(model)


def test_a_url_may_state_its_digest():
    assert resolve(f"https://lab.example/m.tar.gz#sha256={DIGEST.upper()}").origin == ArchiveOrigin(
        "https://lab.example/m.tar.gz", DIGEST, may_use_mirror=False
    )
    assert resolve("https://lab.example/m.tar.gz").origin.sha256 is None


@pytest.mark.parametrize("fragment", ["md5=00", "sha256=12", f"sha256={DIGEST}0", "x"])
def test_a_malformed_digest_is_refused_and_not_ignored(fragment):
    with pytest.raises(SettingsError, match="not a digest"):
        resolve(f"https://lab.example/m.tar.gz#{fragment}")


def test_secrets_of_a_url_are_not_in_its_name_or_its_cache_folder():
    source = resolve("https://me:hunter2@lab.example/dir/m.tar.gz?signature=abc123")
    assert source.name == "https://lab.example/dir/m.tar.gz"
    assert "hunter2" not in source.key
    assert "abc123" not in source.key


def test_two_urls_with_one_file_name_have_two_cache_folders():
    assert resolve("https://a.example/m.zip").key != resolve("https://b.example/m.zip").key


@given(st.text(max_size=40))
def test_a_cache_folder_name_is_one_plain_path_part_whatever_the_url(text):
    key = resolve("https://lab.example/" + text.replace("#", "")).key
    assert Path(key).name == key
    assert not key.startswith(".")


def test_a_url_with_spaces_and_letters_of_any_script_is_made_fit_for_the_wire():
    origin = resolve("https://lab.example/Gewichte für Läufer.zip?a=b c").origin
    assert origin.url == "https://lab.example/Gewichte%20f%C3%BCr%20L%C3%A4ufer.zip?a=b%20c"
    assert origin.filename == "Gewichte für Läufer.zip"
    assert resolve(origin.url).origin == origin


def test_a_broken_url_is_a_typed_error():
    with pytest.raises(UnknownModelError, match="not a URL"):
        resolve("https://[lab.example/m.zip")


def test_the_segmenter_is_fetched_by_its_name_and_is_no_pose_model():
    assert resolve("selfie_segmentation") is SELFIE_SEGMENTATION
    assert SELFIE_SEGMENTATION not in [entry.source for entry in CATALOGUE]
