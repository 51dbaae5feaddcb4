"""Either broker."""

from collections.abc import Iterator

import pytest

from tests.conformance.brokers import (
    BrokerUnderTest,
    MemoryUnderTest,
    Names,
    RabbitUnderTest,
    declared,
)


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.broker)])
def broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    """Either broker, with names no other test uses."""
    names = Names()
    if request.param == "memory":
        yield MemoryUnderTest(names)
        return
    amqp_url = request.getfixturevalue("amqp_url")
    with declared(amqp_url, names.topology):
        under_test = RabbitUnderTest(names, amqp_url)
        yield under_test
        under_test.close()
