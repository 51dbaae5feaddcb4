"""Three hops in Celery: a task acked late, a row through a connection per process, the next task.

Run as `celery --app celery_hops worker --queues one,two,three`.
"""

import os
import sys

import psycopg
from celery import Celery
from celery.signals import worker_process_init

INSERT = "INSERT INTO steps (step_id, job_id, hop, noted_at) VALUES (%s, %s, %s, now())"

app = Celery("celery_hops", broker=os.environ["PIPELINE_AMQP"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_create_missing_queues=True,
    task_routes={f"celery_hops.{name}": {"queue": name} for name in ("one", "two", "three", "out")},
    worker_hijack_root_logger=False,
)
connection: psycopg.Connection


@worker_process_init.connect
def connect(**_):
    global connection
    connection = psycopg.connect(os.environ["PIPELINE_DATABASE"])


def add(event: dict, hop: int) -> None:
    with connection.transaction():
        connection.execute(INSERT, (event["id"], event["subject"], hop))


@app.task
def one(event: dict) -> None:
    if event["data"]["reason"] == "fails":
        raise ValueError("this one fails")
    add(event, 1)
    two.delay(event)


@app.task
def two(event: dict) -> None:
    add(event, 2)
    three.delay(event)


@app.task
def three(event: dict) -> None:
    add(event, 3)
    out.delay(event)


@app.task
def out(event: dict) -> None:
    """Stays in its queue: no worker asks for it."""


if __name__ == "__main__":
    from seeds import events

    for event in events(sys.argv):
        one.delay(event)
