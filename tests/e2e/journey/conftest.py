"""A system on each kind of store in turn, and the cast it knows."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.node import NoRabbitMQ, find_scripts
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.e2e.actors import join, operator, publish_all_kinds
from tests.e2e.journey.cast import Cast, all_kinds_are_offered
from tests.e2e.journey.system import Mailbox, System, free_port
from tests.servers.postgres import Cluster
from tests.servers.session import missing
from tests.waiting import eventually


@pytest.fixture(
    scope="package", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Return a system on each kind of store in turn."""
    try:
        find_scripts()
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    database_url = None
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("postgres")
        database_url = cluster.fresh_databases(OWNERS)
    directory = tmp_path_factory.mktemp("system") / ".muster"
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    options = Options(
        directory,
        database_url,
        environment={
            "MUSTER_SMTP_HOST": "127.0.0.1",
            "MUSTER_SMTP_PORT": str(server.port),
            "MUSTER_SMTP_FROM": "muster@alliance.example",
            "MUSTER_OPERATOR_EMAIL": "watch@alliance.example",
            "MUSTER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MUSTER_OFFER_TTL_EMERGENCY_SECONDS": "2",
        },
    )
    yield System(start(options), directory, mailbox)
    stop(directory)
    server.stop()


@pytest.fixture(scope="package")
def cast(system: System) -> Iterator[Cast]:
    """Return an enterprise and two providers with the same capabilities, known to matching."""
    watch = operator(system.directory)
    enterprise = join(watch, system.directory, "enterprise", "mill", host="SG")
    provider = join(watch, system.directory, "provider", "shield")
    rival = join(watch, system.directory, "provider", "aegis")
    for each in (provider, rival):
        publish_all_kinds(each)
    eventually(lambda: all_kinds_are_offered(watch, enterprise), within_s=60)
    cast = Cast(watch, enterprise, provider, rival, system)
    yield cast
    for each in (watch, enterprise, provider, rival, *cast.guests):
        each.close()
