"""A request that is sent again has no second effect and gets the first answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from muster.contracts.vocabulary.kinds import Role
from tests.http_client import client_of
from tests.unit.web.answers import CLOSE, PARCEL, PARCELS, problem, violation
from tests.unit.web.sample import STRANGER, Sample

Post = Callable[..., httpx.Response]


@pytest.fixture
def post(client: httpx.Client, sample: Sample) -> Post:
    """Send a parcel under a key."""

    def send(key: str, body: dict[str, str] | None = None, path: str = PARCELS) -> httpx.Response:
        headers = sample.token() | {"Idempotency-Key": key}
        return client.post(path, json=body or PARCEL, headers=headers)

    return send


def test_a_repeated_request_gets_the_same_answer_and_has_one_effect(
    post: Post, sample: Sample
) -> None:
    """The answer is the same to the byte, and says that it is a repetition."""
    first, again = post("k1"), post("k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    assert sample.count() == 1


def test_without_a_key_each_request_counts(client: httpx.Client, sample: Sample) -> None:
    """The key is the caller's choice."""
    for _ in range(2):
        assert client.post(PARCELS, json=PARCEL, headers=sample.token()).status_code == 201
    assert sample.count() == 2


def test_a_key_does_not_stand_for_two_different_bodies(post: Post, sample: Sample) -> None:
    """422, and the advice to take a new key."""
    post("k1")
    answer = post("k1", {"label": "another gift"})
    assert "new key" in problem(answer, 422, "idempotency-key-reused")["detail"]
    assert sample.count() == 1


def test_a_key_does_not_stand_for_two_different_addresses(post: Post) -> None:
    """The path is part of what the key stands for."""
    post("k1")
    problem(post("k1", path=CLOSE), 422, "idempotency-key-reused")


def test_two_clients_may_choose_the_same_key(client: httpx.Client, sample: Sample) -> None:
    """Keys belong to their client."""
    for organisation in (None, STRANGER):
        token = sample.token() if organisation is None else sample.token(Role.ENTERPRISE, STRANGER)
        answer = client.post(PARCELS, json=PARCEL, headers=token | {"Idempotency-Key": "k1"})
        assert "idempotent-replayed" not in answer.headers
    assert sample.count() == 2


def test_a_refused_request_may_be_sent_again_under_its_key(post: Post, sample: Sample) -> None:
    """It had no effect, so there is nothing to remember."""
    problem(post("k1", {"label": "forbidden label"}), 422, "rule-violated")
    assert post("k1").status_code == 201
    assert sample.count() == 1


def test_an_answer_without_a_body_is_replayed_too(client: httpx.Client, sample: Sample) -> None:
    """204 twice, although the second close alone would be refused."""
    made = client.post(PARCELS, json=PARCEL, headers=sample.token()).json()["parcel_id"]
    headers = sample.token() | {"Idempotency-Key": "k1"}
    for replayed in (None, "true"):
        answer = client.post(f"{PARCELS}/{made}/close", headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers.get("idempotent-replayed") == replayed


def test_a_secret_is_shown_once_and_never_kept(client: httpx.Client, sample: Sample) -> None:
    """409 with what to do; the secret is not in the store either."""
    headers = sample.token() | {"Idempotency-Key": "k1"}
    assert client.post("/v1/secrets", headers=headers).status_code == 201
    answer = client.post("/v1/secrets", headers=headers)
    assert "revoke" in problem(answer, 409, "shown-only-once")["detail"]
    with sample.store.read() as connection:
        table = sample.store.metadata.tables["idempotency_keys"]
        assert connection.execute(table.select()).one().body == b""


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "schlüssel"])
def test_an_unusable_key_is_refused_by_name(client: httpx.Client, sample: Sample, key: str) -> None:
    """422 that names the header and what it may be."""
    headers = {
        name.encode(): value.encode("latin-1")
        for name, value in (sample.token() | {"Idempotency-Key": key}).items()
    }
    found = violation(client.post(PARCELS, json=PARCEL, headers=headers))
    assert found["field"] == "Idempotency-Key"
    assert "255" in found["allowed"]


def test_a_strangers_application_is_not_doubled_either(client: httpx.Client) -> None:
    """Public routes honour the key for callers without a name."""
    for replayed in (None, "true"):
        answer = client.post(
            "/v1/organisations", json={"text": "x"}, headers={"Idempotency-Key": "k1"}
        )
        assert answer.headers.get("idempotent-replayed") == replayed


def test_racing_twins_have_one_effect_and_one_answer(sample_on_disk: Sample) -> None:
    """Twenty threads send the same request at once; all get the one answer."""
    sample = sample_on_disk
    headers = sample.token() | {"Idempotency-Key": "k1"}
    with client_of(sample.app) as client, ThreadPoolExecutor(20) as pool:
        twins = [pool.submit(client.post, PARCELS, json=PARCEL, headers=headers) for _ in "x" * 20]
        answers = [twin.result() for twin in twins]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert sample.count() == 1
