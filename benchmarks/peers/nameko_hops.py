"""Three hops in stock nameko: an event handler, a row, an event dispatched.

Run as `nameko run --config nameko.yaml nameko_hops`: the green threads, `max_workers` of them, each
borrow a connection. psycopg2 becomes green by nameko's monkey-patching. PIPELINE_WORKERS sets
how many; with PIPELINE_CONFIRMS=0 it publishes without waiting for the broker.
"""

import os
import sys
from queue import Queue

import psycopg2
from nameko.events import EventDispatcher, event_handler
from nameko.extensions import DependencyProvider
from nameko.standalone.events import event_dispatcher

CONNECTIONS = int(os.environ.get("PIPELINE_WORKERS", "10"))  # one for each of nameko's workers
CONFIRMS = os.environ.get("PIPELINE_CONFIRMS", "1") == "1"
INSERT = "INSERT INTO steps (step_id, job_id, hop, noted_at) VALUES (%s, %s, %s, now())"


class Steps(DependencyProvider):
    """Writes a row in a transaction of its own."""

    def setup(self):
        self.free = Queue()
        for _ in range(CONNECTIONS):
            self.free.put(psycopg2.connect(os.environ["PIPELINE_DATABASE"]))

    def get_dependency(self, worker_ctx):  # noqa: ARG002 - nameko's
        return self

    def add(self, event, hop):
        connection = self.free.get()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(INSERT, (event["id"], event["subject"], hop))
        finally:
            self.free.put(connection)


class One:
    name = "one"
    steps = Steps()
    dispatch = EventDispatcher(use_confirms=CONFIRMS)

    @event_handler("source", "stepped")
    def take(self, event):
        if event["data"]["reason"] == "fails":
            raise ValueError("this one fails")
        self.steps.add(event, 1)
        self.dispatch("stepped", event)


class Two:
    name = "two"
    steps = Steps()
    dispatch = EventDispatcher(use_confirms=CONFIRMS)

    @event_handler("one", "stepped")
    def take(self, event):
        self.steps.add(event, 2)
        self.dispatch("stepped", event)


class Three:
    name = "three"
    steps = Steps()
    dispatch = EventDispatcher(use_confirms=CONFIRMS)

    @event_handler("two", "stepped")
    def take(self, event):
        self.steps.add(event, 3)
        self.dispatch("stepped", event)


if __name__ == "__main__":
    from seeds import events

    dispatch = event_dispatcher({"AMQP_URI": os.environ["PIPELINE_AMQP"]})
    for event in events(sys.argv):
        dispatch("source", "stepped", event)
