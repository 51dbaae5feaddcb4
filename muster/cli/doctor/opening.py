"""Finds out what is to be examined, and opens what can be opened of it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from muster.cli.bootstrap import topology
from muster.cli.deployment import PROCESSES, Deployment, kind_of
from muster.cli.doctor.bindings import bindings_of
from muster.cli.doctor.database import database_at
from muster.cli.doctor.management import Management
from muster.cli.doctor.patient import Broker, Database, DatabaseUnusable, Patient, Process
from muster.cli.readiness import why_not_ready
from muster.cli.running import current_processes
from muster.messaging.broker_users import login_in
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.questions import questions
from muster.settings import PASSWORD, SERVICE, Settings

# What `muster up` writes that only its owner may read.
_PRIVATE = (
    "credentials.json",
    "run.json",
    "deployment.json",
    "rabbitmq/password",
    "rabbitmq/rabbitmq.conf",
    "rabbitmq/definitions.json",
    "rabbitmq/.erlang.cookie",
)


@contextmanager
def opened(
    settings: Settings, rules: Path | None = None, management_url: str | None = None
) -> Iterator[Patient]:
    """Yield what settings from the environment name, as far as it can be reached."""
    management = _management(settings, management_url) if management_url else None
    with ExitStack() as stack:
        services = settings.services
        yield Patient(
            settings=settings,
            topology=topology(),
            brokers={each: _broker(stack, settings, each) for each in services},
            databases={each: _database(stack, settings, each) for each in services},
            bindings=management.bindings if management else None,
            broker_time=management.time if management else None,
            secret_files=_secret_files(settings),
            data_directories=_data_directories(settings),
            rule_pack_directory=rules,
        )


@contextmanager
def opened_deployment(
    deployment: Deployment,
    settings: Settings,
    rules: Path | None = None,
    management_url: str | None = None,
) -> Iterator[Patient]:
    """Yield what `muster up` runs in a directory, as far as it can be reached."""
    home = deployment.directory
    written = tuple(home / name for name in _PRIVATE if (home / name).exists())
    node = deployment.node
    with opened(settings, rules, management_url) as patient:
        yield replace(
            patient,
            directory=home,
            processes=_processes(deployment),
            bindings=partial(bindings_of, node) if node else patient.bindings,
            secret_files=patient.secret_files + written,
            data_directories=tuple(dict.fromkeys((*patient.data_directories, home))),
        )


def _management(settings: Settings, url: str) -> Management | None:
    try:
        return Management(url, login_in(settings.amqp_url_of(settings.services[0])).vhost)
    except ValueError:
        return None  # the check of the broker says so


def _broker(stack: ExitStack, settings: Settings, service: str) -> Broker | BrokerUnavailable:
    try:
        return stack.enter_context(questions(settings.amqp_url_of(service)))
    except BrokerUnavailable as error:
        return error
    except ValueError as error:  # NoSecret among them: the address cannot be made or read
        return BrokerUnavailable(str(error))


def _database(stack: ExitStack, settings: Settings, service: str) -> Database | DatabaseUnusable:
    try:
        return stack.enter_context(database_at(settings.database_url_of(service)))
    except DatabaseUnusable as error:
        return error
    except ValueError as error:  # NoSecret
        return DatabaseUnusable(str(error))


def _secret_files(settings: Settings) -> tuple[Path, ...]:
    addresses = (
        (settings.amqp_url, settings.amqp_password_file),
        (settings.database_url, settings.database_password_file),
    )
    passwords = [
        Path(file.replace(SERVICE, service))
        for url, file in addresses
        if file is not None and PASSWORD in url
        for service in settings.services
    ]
    key = settings.token_private_key_file
    return tuple(dict.fromkeys([*passwords, *([key] if key and key.exists() else [])]))


def _data_directories(settings: Settings) -> tuple[Path, ...]:
    """Return where SQLite keeps the databases; another store's disks are not seen from here."""
    found = []
    for service in settings.services:
        try:
            url = make_url(settings.database_url_of(service))
        except (ValueError, ArgumentError):
            continue  # the check of databases says so
        if url.get_backend_name() == "sqlite" and url.database:
            found.append(Path(url.database).parent)
    return tuple(dict.fromkeys(found))


def _processes(deployment: Deployment) -> tuple[Process, ...]:
    return tuple(
        Process(
            each.name,
            why_not_ready(deployment.readiness_of(each.name), each.pid)
            if each.running
            else each.reason or each.state.lower(),
        )
        for each in current_processes(deployment.directory).values()
        if kind_of(each.name) in PROCESSES
    )
