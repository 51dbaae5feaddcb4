"""What `deploy/` says, with real servers: TLS only, and for each service the rights it needs."""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from muster.cli import bootstrap
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import exchanges_of
from muster.messaging.connection import open_connection
from muster.messaging.declare import declare, declare_exchanges
from muster.messaging.envelope import Envelope
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.service.inlet import Inlet, take_and_ack
from muster.service.relay import Relay
from muster.storage.unit_of_work import UnitOfWork
from tests.conformance.brokers import received
from tests.conftest import SESSION
from tests.events import SOMEBODY, an_event
from tests.servers.deployed import Place, deployed_broker, deployed_databases, make_secrets

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

MUSTER = bootstrap.topology()


@pytest.fixture(scope="module")
def place(pytestconfig: pytest.Config) -> Iterator[Place]:
    """Both servers, with databases that were migrated by their owners."""
    directory = pytestconfig.stash[SESSION] / f"deployed-{secrets.token_hex(4)}"
    directory.mkdir(mode=0o711)
    made = make_secrets(directory / "secrets")
    with deployed_databases(directory / "postgres", made) as made:
        bootstrap.migrate(made.settings("migrate"))
        with deployed_broker(directory / "rabbitmq", made) as made:
            yield made
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of somebody else's authority."""
    return make_secrets(tmp_path_factory.mktemp("other") / "secrets").secrets / "ca.pem"


def database(place: Place, role: str, of: str, **changes: str) -> str:
    """The address of a service's database for a role of another, or of its own, as libpq's."""
    container = "migrate" if role.endswith("_owner") else "worker"
    settings = place.settings(container)
    url = settings.database_url_of(role.removesuffix("_owner")).replace("+psycopg", "")
    url = url.replace(f"/muster_{role.removesuffix('_owner')}?", f"/muster_{of}?")
    for name, value in changes.items():
        parts = [p for p in url.partition("?")[2].split("&") if not p.startswith(f"{name}=")]
        url = f"{url.partition('?')[0]}?{'&'.join([*parts, f'{name}={value}'])}"
    return url


def test_an_event_goes_from_database_to_database(place: Place) -> None:
    """Said in a transaction, relayed, heard once and only once, over TLS and with few rights."""
    settings = place.settings("worker")
    stores = bootstrap.open_stores(settings)
    for service in OWNERS:
        declare_exchanges(settings.amqp_url_of(service), exchanges_of(service))
    for service in OWNERS:
        declare(settings.amqp_url_of(service), MUSTER, service)
    publisher = RabbitPublisher(settings.amqp_url_of("registry"))
    relay = Relay(stores["registry"], publisher)
    connection = RabbitConnection(settings.amqp_url_of("notify"))
    subscription = next(s for s in MUSTER.subscriptions if s.queue == "notify.news")
    subscriber = connection.subscriber(subscription.queue, 10)
    told: list[Envelope] = []

    def tell(_work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        told.extend(envelopes)

    inlet = Inlet(subscription, tell, stores["notify"], publisher)
    with stores["registry"].begin(SOMEBODY) as work:
        work.record(an_event())

    assert relay.step() == 1
    deliveries = received(subscriber, 1)
    inlet.take(deliveries)
    take_and_ack(inlet, subscriber, deliveries)
    assert [each.event for each in told] == [an_event()]

    relay.close()
    publisher.close()
    connection.close()
    for store in stores.values():
        store.engine.dispose()


def test_a_broker_that_another_authority_vouches_for_is_refused(
    place: Place, other_authority: Path
) -> None:
    """Nobody can put himself in between and be taken for RabbitMQ."""
    url = place.settings("worker").amqp_url_of("registry")

    open_connection(url, "test").close()
    with pytest.raises(BrokerUnavailable, match="certificate verify failed"):
        open_connection(url.replace(str(place.secrets / "ca.pem"), str(other_authority)), "test")
    with pytest.raises(BrokerUnavailable, match="cannot be published to"):
        RabbitPublisher(url.replace(str(place.secrets / "ca.pem"), str(other_authority))).reach()


def test_a_broker_with_another_name_is_refused(place: Place) -> None:
    """A certificate is good for the name that it was made for, and for no other."""
    url = place.settings("worker").amqp_url_of("registry")

    with pytest.raises(BrokerUnavailable, match="certificate verify failed"):
        open_connection(url.replace("@127.0.0.1:", "@localhost:"), "test")


def test_without_tls_nobody_gets_to_the_broker(place: Place) -> None:
    """Its one listener speaks nothing else."""
    url = place.settings("worker").amqp_url_of("registry")
    plain = url.replace("amqps:", "amqp:").partition("?")[0]

    with pytest.raises(BrokerUnavailable):
        open_connection(plain, "test")


def test_there_is_no_user_at_the_broker_but_the_services(place: Place) -> None:
    """Neither guest nor the one that a node makes for itself."""
    url = place.settings("worker").amqp_url_of("registry")
    login = url.partition("//")[2].partition("@")[0]

    for stranger in ("guest:guest", "muster:muster"):
        with pytest.raises(BrokerUnavailable, match="ACCESS_REFUSED"):
            open_connection(url.replace(login, stranger), "test")


@pytest.mark.parametrize("role", OWNERS)
def test_a_role_gets_into_its_own_database_and_no_other(place: Place, role: str) -> None:
    """Neither the one that works with the tables nor the one that owns them."""
    for each in (role, f"{role}_owner"):
        psycopg.connect(database(place, each, role)).close()
        for other in (*(o for o in OWNERS if o != role), "postgres"):
            address = database(place, each, role).replace(f"/muster_{role}?", f"/muster_{other}?")
            with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
                psycopg.connect(address.replace("/muster_postgres?", "/postgres?"))


def test_the_rights_hold_without_pg_hba(place: Place) -> None:
    """On a server whose pg_hba.conf is somebody else's, the databases themselves refuse."""
    asked = "SELECT has_database_privilege(%s, %s, 'CONNECT')"
    with psycopg.connect(database(place, "matching", "matching")) as connection:
        for role in ("muster_matching", "muster_matching_owner"):
            for other in ("registry", "dispatch", "notify"):
                assert connection.execute(asked, (role, f"muster_{other}")).fetchone() == (False,)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE requests",
        "ALTER TABLE requests ADD COLUMN more text",
        "CREATE TABLE more (id int)",
        "CREATE TEMPORARY TABLE more (id int)",
        "TRUNCATE requests",
        "UPDATE transitions SET reason = 'none'",
        "DELETE FROM transitions",
        "TRUNCATE transitions",
        "CREATE ROLE helper",
        "SET ROLE muster_matching_owner",
        "SET ROLE muster_dispatch",
    ],
)
def test_the_role_that_works_with_rows_can_do_no_more(place: Place, statement: str) -> None:
    """Tables are the owner's, and what happened stays written."""
    with (
        psycopg.connect(database(place, "matching", "matching")) as connection,
        pytest.raises(InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_role_that_works_with_rows_can_work(place: Place) -> None:
    """Read, write and delete; add to the records, and read them."""
    with psycopg.connect(database(place, "matching", "matching")) as connection:
        connection.execute("DELETE FROM requests")
        connection.execute("SELECT * FROM transitions")
        connection.execute(
            "INSERT INTO transitions (thing, thing_id, before, after, actor, reason, occurred_at,"
            " recorded_at) VALUES ('request', 'req_1', 'a', 'b', 'me', 'why', now(), now())"
        )


def test_without_tls_nobody_gets_to_the_databases(place: Place) -> None:
    """Whatever the role."""
    for role in ("matching", "matching_owner"):
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(database(place, role, "matching", sslmode="disable"))


def test_a_server_that_another_authority_vouches_for_is_refused(
    place: Place, other_authority: Path
) -> None:
    """Nor one with another name."""
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(database(place, "matching", "matching", sslrootcert=str(other_authority)))
    address = database(place, "matching", "matching").replace("@127.0.0.1:", "@localhost:")
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        psycopg.connect(address)


def test_the_superuser_does_not_come_over_the_network(place: Place) -> None:
    """Only from within the container."""
    address = database(place, "matching", "matching")
    login = address.partition("//")[2].partition("@")[0]

    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(address.replace(login, "muster:any"))
