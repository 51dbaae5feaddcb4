"""What the doctor finds on this machine: files, keys, disks, rules, processes."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from muster.cli.doctor.checks import disk, keys, processes, rules, secret_files
from muster.cli.doctor.finding import Level
from muster.cli.doctor.patient import Process
from muster.settings import Settings
from muster.web.tokens import generate_keypair
from services.matching.rule_pack import PACKAGED
from tests.unit.cli.doctor.patients import healthy, levels, troubles

Usage = namedtuple("Usage", "total used free")


def secret(directory: Path, mode: int) -> Path:
    """A file with a secret, in a directory that everybody may enter."""
    file = directory / "password"
    file.write_text("secret")
    file.chmod(mode)
    return file


@pytest.fixture
def open_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory to which others find their way, whatever is above it."""
    monkeypatch.setattr(secret_files, "_others_get_there", lambda _file: True)
    return tmp_path


def keys_in(directory: Path) -> Settings:
    """A pair of keys, and the settings that name it."""
    private, public = generate_keypair()
    (directory / "token.pem").write_bytes(private)
    (directory / "token.pub.pem").write_bytes(public)
    return Settings(
        token_private_key_file=directory / "token.pem",
        token_public_key_file=directory / "token.pub.pem",
    )


def test_a_secret_of_ones_own_is_well(open_directory: Path) -> None:
    """Nobody else can read it."""
    file = secret(open_directory, 0o600)

    assert levels(secret_files.check(healthy(secret_files=(file,)))) == {Level.WELL}


def test_a_secret_that_everybody_can_read_is_found(open_directory: Path) -> None:
    """With the command that mends it."""
    file = secret(open_directory, 0o644)
    [found] = troubles(secret_files.check(healthy(secret_files=(file,))))

    assert found.todo == f"chmod 600 {file}"


def test_a_secret_in_a_directory_that_nobody_else_may_enter_is_well(tmp_path: Path) -> None:
    """It does not matter then what could be done with the file."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert not troubles(secret_files.check(healthy(secret_files=(secret(closed, 0o644),))))


def test_a_secret_that_is_not_there_is_found(tmp_path: Path) -> None:
    """The process that needs it would not start."""
    patient = healthy(secret_files=(tmp_path / "none",))
    [found] = troubles(secret_files.check(patient))

    assert "No such file" in found.what


def test_keys_that_belong_together_are_well(tmp_path: Path) -> None:
    """A token that one signs, the other takes."""
    assert levels(keys.check(healthy(settings=keys_in(tmp_path)))) == {Level.WELL}


def test_keys_that_do_not_belong_together_are_found(tmp_path: Path) -> None:
    """Every token would be refused."""
    settings = keys_in(tmp_path)
    settings.token_public_key_file.write_bytes(generate_keypair()[1])
    [found] = troubles(keys.check(healthy(settings=settings)))

    assert "do not belong together" in found.what


@pytest.mark.parametrize("name", ["token.pem", "token.pub.pem"])
def test_a_key_that_cannot_be_read_is_found(tmp_path: Path, name: str) -> None:
    """By the setting that names it."""
    settings = keys_in(tmp_path)
    (tmp_path / name).write_text("garbage")
    [found] = troubles(keys.check(healthy(settings=settings)))

    which = "PRIVATE" if name == "token.pem" else "PUBLIC"
    assert f"MUSTER_TOKEN_{which}_KEY_FILE" in found.what


def test_a_worker_needs_no_key(tmp_path: Path) -> None:
    """Its container has none; a Muster of one directory has to."""
    settings = Settings(token_public_key_file=tmp_path / "none.pem")

    assert levels(keys.check(healthy(settings=settings))) == {Level.NOTE}
    assert troubles(keys.check(healthy(settings=settings, directory=tmp_path)))


def test_a_disk_with_room_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is said."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 0, 50 << 30))
    [found] = disk.check(healthy(data_directories=(tmp_path,)))

    assert found.level is Level.WELL
    assert "50.0 GiB of 100.0 are free" in found.what


@pytest.mark.parametrize(("total", "free"), [(10 << 30, 1 << 29), (1000 << 30, 20 << 30)])
def test_a_disk_that_is_nearly_full_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int
) -> None:
    """Less than a gibibyte, or less than a twentieth of a large one."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total, total - free, free))

    assert troubles(disk.check(healthy(data_directories=(tmp_path,))))


def test_a_data_directory_that_is_not_there_or_closed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its own remedy."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    patient = healthy(data_directories=(tmp_path / "none", tmp_path))
    missing, closed = troubles(disk.check(patient))

    assert "There is no directory" in missing.what
    assert "may not write" in closed.what


def test_the_rules_that_come_with_muster_are_well() -> None:
    """Their version is said."""
    [found] = rules.check(healthy())

    assert found.level is Level.WELL


def test_every_mistake_in_the_rules_is_found(tmp_path: Path) -> None:
    """Not only the first."""
    directory = tmp_path / "rules"
    shutil.copytree(PACKAGED, directory)
    for name in ("sg.yaml", "kh.yaml"):
        (directory / name).write_text("rules: [")
    found = troubles(rules.check(healthy(rule_pack_directory=directory)))

    assert {"sg.yaml", "kh.yaml"} <= {word for each in found for word in _files(each.what)}


def test_a_process_that_is_not_ready_is_found_with_its_reason_and_its_log(tmp_path: Path) -> None:
    """And who is ready is said, too."""
    there = (Process("api", None), Process("worker", "broker: not reached yet"))
    well, trouble = sorted(
        processes.check(healthy(directory=tmp_path, processes=there)),
        key=lambda each: each.level is Level.TROUBLE,
    )

    assert well.what == "Ready: api"
    assert trouble.what == "worker is not ready: broker: not reached yet"
    assert str(tmp_path / "log" / "worker.log") in trouble.todo


def test_a_muster_that_does_not_run_is_found(tmp_path: Path) -> None:
    """With how to start it."""
    [found] = troubles(processes.check(healthy(directory=tmp_path)))

    assert found.todo == "Start it: `muster up`."


def _files(what: str) -> list[str]:
    return [word.strip("`:,'\"").rpartition("/")[2] for word in what.split()]
