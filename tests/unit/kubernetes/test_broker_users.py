"""deploy/kubernetes/: the job that gives RabbitMQ its users, against an interface we listen at."""

import base64
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.kubernetes.manifests import BASE, TOP, environment
from tests.unit.kubernetes.rendering import container_of, one, pod_of

JOB = one(BASE, "Job", "muster-broker-users")
SCRIPT: str = one(BASE, "ConfigMap", "muster-broker-users")["data"]["give_users.py"]
PRINTED = {
    "vhosts": [{"name": "/"}],
    "users": [{"name": "muster_matching", "password_hash": "x", "tags": ""}],
    "permissions": [{"user": "muster_matching", "vhost": "/", "configure": "^m", "write": "^m"}],
    "topic_permissions": [],
}
HTTP_OK, HTTP_UNAUTHORIZED = 204, 401


@dataclass
class Interface:
    """RabbitMQ's management interface, as far as the job uses it."""

    port: int
    secrets: Path
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    status: int = HTTP_OK

    def give(self, users: str) -> "subprocess.CompletedProcess[str]":
        """Run the job's script, for this interface."""
        return subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=users,
            env={
                "BROKER_API": f"https://127.0.0.1:{self.port}",
                "BROKER_SECRETS": str(self.secrets),
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate for this machine."""
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run(
        [TOP / "deploy/tls/certificates.sh", directory, "rabbitmq=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    for name, value in {
        "scaler/username": "muster_scaler",
        "scaler/password": "counts",
        "administrator/username": "default_user",
        "administrator/password": "all powers",
    }.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(value + "\n")
    return directory


@pytest.fixture
def interface(certificates: Path) -> Iterator[Interface]:
    """Listens as long as the test goes on."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            listening.heard.append((self.path, self.headers["Authorization"], body))
            self.send_response(listening.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "rabbitmq.pem", certificates / "rabbitmq.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    listening = Interface(server.server_port, certificates)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listening
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_broker_is_given_the_users_and_one_who_may_only_count(interface: Interface) -> None:
    """As its administrator, all in one request."""
    run = interface.give(json.dumps(PRINTED))

    assert run.returncode == 0, run.stderr
    assert run.stdout == "RabbitMQ knows muster_matching, muster_scaler\n"
    [(path, authorization, given)] = interface.heard
    assert path == "/api/definitions"
    login = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    assert login == "default_user:all powers"
    assert given["users"] == [
        *PRINTED["users"],
        {"name": "muster_scaler", "password": "counts", "tags": ""},
    ]
    nothing = {"configure": "^$", "write": "^$", "read": "^$"}
    assert given["permissions"] == [
        *PRINTED["permissions"],
        {"user": "muster_scaler", "vhost": "/"} | nothing,
    ]


def test_nothing_is_given_if_nothing_was_printed(interface: Interface) -> None:
    """In the pipe the first command may have failed; the job has to fail with it."""
    run = interface.give("")

    assert run.returncode == 1
    assert "muster broker-users" in run.stderr
    assert not interface.heard


def test_a_refusal_fails_the_job_and_says_so(interface: Interface) -> None:
    """With RabbitMQ's own answer, and without the password."""
    interface.status = HTTP_UNAUTHORIZED

    run = interface.give(json.dumps(PRINTED))

    assert run.returncode == 1
    assert "refused" in run.stderr
    assert "401" in run.stderr
    assert "all powers" not in run.stderr


def test_a_server_of_another_authority_is_told_nothing(
    interface: Interface, tmp_path: Path
) -> None:
    """The passwords go to nobody who cannot prove that he is RabbitMQ."""
    subprocess.run(
        [TOP / "deploy/tls/certificates.sh", tmp_path, "other"], check=True, capture_output=True
    )
    elsewhere = Interface(interface.port, tmp_path)
    for name in ("scaler", "administrator"):
        (tmp_path / name).symlink_to(interface.secrets / name)

    run = elsewhere.give(json.dumps(PRINTED))

    assert run.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in run.stderr
    assert not interface.heard


def test_the_job_runs_the_script_with_what_the_script_reads() -> None:
    """The files it opens are mounted where it looks for them."""
    container = container_of(JOB)
    [mounted] = [v for v in container["volumeMounts"] if v["name"] == "script"]
    [volume] = [v for v in pod_of(JOB)["volumes"] if v["name"] == "script"]
    [secrets] = [v for v in pod_of(JOB)["volumes"] if v["name"] == "secrets"]
    paths = {
        item["path"]
        for source in secrets["projected"]["sources"]
        for item in source["secret"].get("items", ())
    }

    assert f"python {mounted['mountPath']}/give_users.py" in container["command"][-1]
    assert "muster broker-users |" in container["command"][-1]
    assert volume["configMap"]["name"] == "muster-broker-users"
    assert environment(JOB)["BROKER_SECRETS"] == "/run/secrets"
    assert {
        f"{who}/{what}" for who in ("scaler", "administrator") for what in ("username", "password")
    } == paths
    for path in paths:
        assert f'"{path}"' in SCRIPT or f"'{path}'" in SCRIPT
