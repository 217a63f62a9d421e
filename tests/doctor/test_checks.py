import socket
import sys

import pytest
from pydantic import BaseModel

from neuropose_ray.doctor import checks
from neuropose_ray.errors import DigestMismatchError
from neuropose_ray.models.weights import CATALOGUE, Weights

GIB = checks.GIB


@pytest.mark.parametrize(("minor", "status"), [(10, "fail"), (11, "ok"), (13, "ok"), (14, "fail")])
def test_python_is_judged_by_its_minor_version(minor, status):
    assert checks.check_python((3, minor, 2)).status == status


class TestRequirements:
    @pytest.fixture
    def installed(self):
        return {"numpy": "1.26.4", "ray": "2.60.1", "av": "17.0.0rc1"}

    def judge(self, installed, *requirements):
        return [(c.status, c.found, c.advice) for c in checks.check_requirements(requirements, installed.get)]

    def test_a_version_inside_the_bounds_is_in_order(self, installed):
        assert self.judge(installed, "ray[data]~=2.60.0", "av>=16") == [
            ("ok", "2.60.1", None),
            ("ok", "17.0.0rc1", None),
        ]

    def test_a_version_outside_says_which_is_needed(self, installed):
        assert self.judge(installed, "numpy<3,>=2.0") == [
            ("fail", "1.26.4, but <3,>=2.0 is needed", "pip install 'numpy<3,>=2.0'")
        ]

    def test_a_missing_package_says_how_to_install_it_with_its_extras(self, installed):
        assert self.judge(installed, "ray2[data]~=2.60.0") == [
            ("fail", "not installed", "pip install 'ray2[data]~=2.60.0'")
        ]

    def test_extras_and_other_platforms_are_not_asked_for(self, installed):
        assert self.judge(installed, 'absent; extra == "test"', 'absent; sys_platform == "plan9"') == []

    def test_versions_come_from_metadata_without_importing(self):
        before = set(sys.modules)
        assert checks.installed_version("tensorflow")
        assert checks.installed_version("no-such-distribution") is None
        assert not {"tensorflow", "numpy"} & (set(sys.modules) - before)

    def test_only_named_and_failing_packages_are_listed_one_by_one(self):
        found = [checks.Check("a", "ok", "1"), checks.Check("b", "ok", "1"), checks.Check("c", "fail", "old")]
        summary = checks.summarise(found, ("a",), "others")
        assert [(c.name, c.found) for c in summary] == [("a", "1"), ("c", "old"), ("others", "1 in order")]


def test_memory_is_judged_by_the_workers_that_fit():
    assert checks.check_memory(64 * GIB, 32 * GIB, workers=16).status == "ok"
    few = checks.check_memory(8 * GIB, 3 * GIB, workers=8)
    assert (few.status, few.advice) == ("warn", "use 3 of the 8 workers: each needs about 1 GiB")
    assert checks.check_memory(8 * GIB, GIB // 2, workers=1).status == "fail"


def test_shared_memory_must_hold_the_object_store_that_ray_will_make():
    assert checks.check_shared_memory(3 * GIB, memory_bytes=8 * GIB).status == "ok"
    docker_default = checks.check_shared_memory(64 << 20, memory_bytes=8 * GIB)
    assert docker_default.status == "warn"
    assert "Ray wants 2.4 GiB" in docker_default.advice
    assert checks.check_shared_memory(10 * 10**9, memory_bytes=1000 * GIB).status == "ok"
    assert checks.check_shared_memory(None, memory_bytes=8 * GIB).status == "ok"


def test_disk_of_a_folder_that_is_yet_to_be_made_is_that_of_its_parent(tmp_path):
    check = checks.check_disk("disk", tmp_path / "not" / "yet")
    assert str(tmp_path / "not" / "yet") in check.found


class TestGpu:
    @pytest.fixture
    def nvidia_smi(self, tmp_path, monkeypatch):
        """Puts a program of that name on the search path."""

        def install(script):
            program = tmp_path / "nvidia-smi"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

        return install

    def test_every_card_is_listed(self, nvidia_smi):
        nvidia_smi("echo 'NVIDIA A, 81559 MiB, 570.1'; echo 'NVIDIA B, 24564 MiB, 570.1'")
        check = checks.check_gpus(checks.nvidia_gpus())
        assert (check.status, check.found) == ("ok", "NVIDIA A, 81559 MiB, 570.1; NVIDIA B, 24564 MiB, 570.1")

    def test_a_broken_driver_is_a_warning_with_its_own_words(self, nvidia_smi):
        nvidia_smi("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
        check = checks.check_gpus(checks.nvidia_gpus())
        assert check.status == "warn"
        assert "version mismatch" in check.found

    def test_no_driver_is_no_fault(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        assert checks.check_gpus(checks.nvidia_gpus()).status == "ok"


class TestWeights:
    BLAZEPOSE, METRABS = CATALOGUE[:2]

    def test_present_weights_are_shown_by_folder_and_digest(self, tmp_path):
        check = checks.check_weights(self.METRABS, lambda _: Weights(tmp_path, "ab" * 32, "m.tar.gz", "metrabs"))
        assert (check.status, check.found) == ("ok", f"{tmp_path} (abababababab)")

    def test_only_the_default_model_is_missed(self):
        assert checks.check_weights(self.BLAZEPOSE, lambda _: None).status == "warn"
        assert checks.check_weights(self.METRABS, lambda _: None).status == "ok"

    def test_damaged_weights_fail_with_the_stores_own_advice(self):
        def look(_model):
            raise DigestMismatchError("damaged weights", where="folder", hint="pull again")

        check = checks.check_weights(self.METRABS, look)
        assert (check.status, check.found, check.advice) == ("fail", "damaged weights", "pull again")


class TestRay:
    @pytest.fixture
    def listening(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield f"127.0.0.1:{server.getsockname()[1]}"

    @pytest.mark.parametrize("scheme", ["", "ray://", "http://"])
    def test_a_port_that_answers_is_in_order(self, listening, scheme):
        assert checks.check_ray(scheme + listening).status == "ok"

    @pytest.mark.parametrize("address", [None, "", "local"])
    def test_no_address_means_this_machine(self, address):
        assert checks.check_ray(address).status == "ok"

    def test_a_port_that_does_not_answer_fails_and_names_it(self):
        check = checks.check_ray("127.0.0.1:1")
        assert check.status == "fail"
        assert "127.0.0.1:1: " in check.found

    @pytest.mark.parametrize("address", ["cluster", "ray://cluster", "host:port", "host:70000", "[::1"])
    def test_what_is_not_an_address_says_how_one_is_written(self, address):
        check = checks.check_ray(address)
        assert check.status == "fail"
        assert "HOST:6379" in check.advice

    def test_auto_is_the_cluster_that_this_machine_wrote_down(self, listening, tmp_path):
        (tmp_path / "ray_current_cluster").write_text(listening + "\n")
        assert (
            checks.check_ray("auto", current_cluster=tmp_path / "ray_current_cluster").found == f"{listening} answers"
        )
        assert checks.check_ray("auto", current_cluster=tmp_path / "absent").status == "fail"


class Group(BaseModel):
    threads: int = 1


class Settings(BaseModel):
    out: str = ""
    group: Group = Group()


class TestEnvironment:
    def test_the_variables_of_a_settings_class_are_its_fields_and_its_groups_fields(self):
        assert checks.setting_variables(Settings) == {
            "NEUROPOSE_OUT",
            "NEUROPOSE_GROUP",
            "NEUROPOSE_GROUP__THREADS",
        }

    def test_a_misspelt_variable_is_named(self):
        known = checks.setting_variables(Settings)
        environment = {"NEUROPOSE_GROUP__THREADS": "2", "NEUROPOSE_GROUP_THREADS": "2", "HOME": "/"}
        check = checks.check_environment(environment, known)
        assert (check.status, check.found) == ("warn", "no such settings: NEUROPOSE_GROUP_THREADS")

    def test_known_variables_are_in_order_in_any_case(self):
        assert checks.check_environment({"neuropose_out": "x"}, {"NEUROPOSE_OUT"}).status == "ok"


def test_pyav_reads_what_live_streams_ask_for():
    assert checks.check_live_sources().status == "ok"


def test_a_store_that_listens_is_found_and_one_that_does_not_is_named_without_its_password():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = checks.check_store("pictures", f"redis://:hush@127.0.0.1:{port}/0")
        assert (found.status, found.found) == ("ok", f"redis listens at 127.0.0.1:{port}")
    away = checks.check_store("records", f"postgresql://anna:hush@127.0.0.1:{port}/db", timeout_s=1)
    assert away.status == "fail"
    assert "hush" not in f"{away.found} {away.advice}"
    assert checks.check_store("records", None).status == "ok"
    assert checks.check_store("records", "sqlite:////tmp/x").status == "ok"
    assert checks.check_store("records", "redis://host:notaport").status == "fail"
