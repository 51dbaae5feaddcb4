"""The application under a real server, in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

import httpx
import pytest

PROGRAM = """
import asyncio
from muster.web.serve import serve
from starlette.responses import PlainTextResponse
from tests.unit.web.sample import Sample

sample = Sample()
print(sample.token()["Authorization"], flush=True)

async def slow(request):
    print("slow", flush=True)
    while not sample.app.state.wiring.stopping.is_set():
        await asyncio.sleep(0.01)
    return PlainTextResponse("done")

sample.app.add_route("/slow", slow)
serve(sample.app, "127.0.0.1", 0, lambda port: print(port, flush=True), drain_seconds=10)
print("ended", flush=True)
"""

Server = subprocess.Popen[str]


@pytest.fixture
def server() -> Iterator[Server]:
    """A process that serves the sample application."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def line(server: Server) -> str:
    """Return the next line the process prints."""
    assert server.stdout is not None
    return server.stdout.readline().strip()


def test_it_tells_its_port_serves_and_ends_well_on_sigterm(server: Server) -> None:
    """A stop that was asked for is a success."""
    token, port = line(server), line(server)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        headers = {"Authorization": token}
        answer = client.post("/v1/parcels", json={"label": "a gift"}, headers=headers)
        assert answer.status_code == 201
        large = client.post(
            "/v1/parcels",
            content=b"x" * 10_000_000,
            headers=headers | {"Content-Type": "application/json"},
        )
        assert large.status_code == 413
    server.send_signal(signal.SIGTERM)
    assert line(server) == "ended"
    assert server.wait(20) == 0


def test_a_request_under_way_is_answered_before_the_end(server: Server) -> None:
    """SIGTERM stops taking connections, not answering; an answer without end is told to end."""
    _, port = line(server), line(server)

    def stop_when_under_way() -> None:
        assert line(server) == "slow"
        server.send_signal(signal.SIGTERM)

    stopper = Thread(target=stop_when_under_way)
    stopper.start()
    assert httpx.get(f"http://127.0.0.1:{port}/slow").text == "done"
    stopper.join()
    assert line(server) == "ended"
