"""The images, made on a machine that reaches no registry: stand-ins from Debian, and our own."""

import json
import os
import ssl
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

from tests.compose.docker import Docker, checked

TOP = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
PREFIX = "muster-compose-test"
BASE = f"{PREFIX}/python:3.11-slim-bookworm"
SERVERS = ("rabbitmq", "postgres", "prometheus", "alertmanager")
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_UNWANTED = ("doc", "man", "info", "locale")  # as the public slim images have it


def make_base(docker: Docker, directory: Path) -> None:
    """Make what stands in for Python's public image, unless it is there already."""
    if docker.run("images", "--quiet", BASE):
        return
    archive = directory / "base.tar"
    exclude = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _UNWANTED]
    checked(
        (
            *("mmdebstrap", "--quiet", "--variant=minbase", *exclude),
            *("--include", "python3,python3-venv,ca-certificates"),
            *("--customize-hook", f"cp {_machine_authorities()} $1{_AUTHORITIES}"),
            *("--customize-hook", "rm -rf $1/var/cache/apt/* $1/var/lib/apt/lists/*"),
            *("bookworm", str(archive), _mirror()),
        ),
        dict(os.environ),
        within_s=900,
    )
    docker.run("import", str(archive), BASE)
    archive.unlink()


def make_servers(docker: Docker) -> None:
    """Make what stands in for the servers' public images."""
    for name in SERVERS:
        docker.run(
            *("build", "--build-arg", f"BASE={BASE}", "--tag", f"{PREFIX}/{name}"),
            *("--file", str(STAND_INS / f"{name}.Dockerfile"), str(STAND_INS)),
            within_s=1200,
        )


def make_muster(docker: Docker, tag: str, *options: str) -> None:
    """Build our own image by deploy/Dockerfile."""
    arguments = {"BASE": BASE, "PIP_CERT": _AUTHORITIES}
    if index := _package_index():
        arguments["PIP_INDEX_URL"] = index
    given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    docker.run(
        *("build", *given, *options, "--tag", tag),
        *("--file", str(TOP / "deploy/Dockerfile"), str(TOP)),
        within_s=2400,
    )


def megabytes(docker: Docker, tag: str) -> float:
    """Return the size of an image as `docker images` tells it."""
    return int(docker.run("image", "inspect", "--format", "{{.Size}}", tag)) / 1e6


def contents(docker: Docker, tag: str, archive: Path) -> dict[str, str]:
    """Return every file in the layers of an image, and what it is: kind, mode, owner, date, sum."""
    docker.run("save", "--output", str(archive), tag)
    with tarfile.open(archive) as saved:
        manifest = json.load(_opened(saved, "manifest.json"))
        return {
            f"{number} {path}": what
            for number, layer in enumerate(manifest[0]["Layers"])
            for path, what in _files(saved, layer)
        }


def _files(saved: tarfile.TarFile, layer: str) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=_opened(saved, layer)) as files:
        for each in files:
            content = sha256(_opened(files, each.name).read()).hexdigest() if each.isreg() else ""
            owner = f"{each.uid}:{each.gid}"
            told = (each.type, oct(each.mode), owner, each.mtime, each.linkname, content)
            yield each.name, str(told)


def _opened(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file is not None
    return file


def _mirror() -> str:
    """Return Debian's mirror as this machine's apt sources have it."""
    policy = checked(("apt-get", "indextargets", "--format", "$(REPO_URI)"), dict(os.environ))
    repositories = [line for line in policy.split() if line.rstrip("/").endswith("debian")]
    assert repositories, "apt has no list of Debian's packages: run apt-get update"
    return f"deb {repositories[0]} bookworm main"


def _machine_authorities() -> str:
    return os.environ.get("PIP_CERT") or ssl.get_default_verify_paths().cafile or _AUTHORITIES


def _package_index() -> str:
    asked = (sys.executable, "-m", "pip", "config", "get", "global.index-url")
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    return os.environ.get("PIP_INDEX_URL", found.stdout.strip())
