"""Three hops in FastStream: a subscriber, a row through asyncpg's pool, a persistent publish.

Run as `faststream run faststream_hops:app`. PIPELINE_PREFETCH limits what is fetched ahead;
with PIPELINE_CONFIRMS=0 it publishes without waiting for the broker.
"""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import asyncpg
from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

PREFETCH = int(os.environ.get("PIPELINE_PREFETCH", "0")) or None
CONFIRMS = os.environ.get("PIPELINE_CONFIRMS", "1") == "1"
CONNECTIONS = 10
INSERT = "INSERT INTO steps (step_id, job_id, hop, noted_at) VALUES ($1, $2, $3, now())"

broker = RabbitBroker(
    os.environ["PIPELINE_AMQP"],
    default_channel=Channel(prefetch_count=PREFETCH, publisher_confirms=CONFIRMS),
    log_level=30,
)
pool: asyncpg.Pool


@asynccontextmanager
async def lifespan():
    global pool
    async with asyncpg.create_pool(os.environ["PIPELINE_DATABASE"], max_size=CONNECTIONS) as pool:
        yield


app = FastStream(broker, lifespan=lifespan)


async def add(event: dict, hop: int) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(INSERT, event["id"], event["subject"], hop)


@broker.subscriber(RabbitQueue("one", durable=True))
async def one(event: dict) -> None:
    if event["data"]["reason"] == "fails":
        raise ValueError("this one fails")
    await add(event, 1)
    await broker.publish(event, "two", persist=True)


@broker.subscriber(RabbitQueue("two", durable=True))
async def two(event: dict) -> None:
    await add(event, 2)
    await broker.publish(event, "three", persist=True)


@broker.subscriber(RabbitQueue("three", durable=True))
async def three(event: dict) -> None:
    await add(event, 3)
    await broker.publish(event, "out", persist=True)


async def seed() -> None:
    from seeds import events

    source = RabbitBroker(os.environ["PIPELINE_AMQP"], log_level=30)
    await source.connect()
    for event in events(sys.argv):
        await source.publish(event, "one", persist=True)
    await source.stop()


if __name__ == "__main__":
    asyncio.run(seed())
