"""The broker: RabbitMQ's own figures, and what Muster's processes see of it."""

from deploy.grafana.source.alerts import Step, Watch
from deploy.grafana.source.dashboard import Dashboard, Row
from deploy.grafana.source.panels import Query, graph, stat
from deploy.grafana.source.promql import or_zero
from deploy.grafana.source.tables import table

_WORK = (
    'queue=~"(registry|matching|dispatch|notify)\\\\..+",queue!~".+\\\\.dlq|.+\\\\.retry\\\\..+"'
)
_RETRIES = 'queue=~".+\\\\.retry\\\\..+"'
_DEAD = 'queue=~".+\\\\.dlq"'
_READY = "rabbitmq_detailed_queue_messages_ready"
_TAKEN = "rabbitmq_detailed_queue_messages_unacked"
_CONSUMERS = "rabbitmq_detailed_queue_consumers"


def _rate(counter: str) -> str:
    return f"sum(rate({counter}[$__rate_interval]))"


def _column(metric: str) -> Query:
    return Query(f"max by (queue) ({metric}{{{_WORK}}})", now=True, form="table")


NOW = Row(
    "How it is",
    (
        stat(
            "Nodes that answer",
            "Of the cluster. Of three, one may be away; without a majority no queue takes "
            "anything.",
            "short",
            Query('sum(up{job="rabbitmq"})', "up"),
            Query('count(up{job="rabbitmq"})', "of"),
            watch=(
                Watch("BrokerMajorityLost", threshold=False),
                Watch("BrokerNodeDown", threshold=False),
            ),
            named=True,
        ),
        stat(
            "Reached by",
            "How many services reach it, of all.",
            "short",
            Query("sum(max by (service) (muster_broker_up))", "reach it"),
            Query("count(max by (service) (muster_broker_up))", "of"),
            watch=(
                Watch("BrokerDown", threshold=False),
                Watch("BrokerUnreachable", threshold=False),
            ),
            named=True,
        ),
        stat(
            "Alarm: memory",
            "1 while a node has no memory left: then the cluster takes no messages.",
            "short",
            Query("max(rabbitmq_alarms_memory_used_watermark)"),
            watch=(Watch("BrokerMemoryAlarm"),),
        ),
        stat(
            "Alarm: disk",
            "1 while a node has no disk left: then the cluster takes no messages.",
            "short",
            Query("max(rabbitmq_alarms_free_disk_space_watermark)"),
            watch=(Watch("BrokerDiskAlarm"),),
        ),
        stat(
            "Queues without a consumer",
            "Work queues from which nobody takes.",
            "short",
            Query(
                or_zero(f"count(max by (queue) ({_CONSUMERS}{{{_WORK}}}) == 0)"),
            ),
            watch=(Watch("NoConsumers", threshold=False),),
            steps=(Step("green"), Step("red", 1)),
        ),
        stat(
            "Dead letters",
            "Messages in all queues of dead letters.",
            "short",
            Query(f"sum(max by (queue) ({_READY}{{{_DEAD}}}))"),
            watch=(Watch("DeadLetters"),),
        ),
    ),
)

QUEUES = Row(
    "Queues",
    (
        graph(
            "Messages that wait",
            "In each work queue, for a worker to take them.",
            "short",
            Query(f"max by (queue) ({_READY}{{{_WORK}}})", "{{queue}}"),
            watch=(Watch("QueueGrowing", at=100),),
        ),
        table(
            "Each work queue",
            "What waits, what workers have taken and not yet settled, and who takes from it.",
            {
                "waiting": _column(_READY),
                "taken": _column(_TAKEN),
                "consumers": _column(_CONSUMERS),
            },
            key="queue",
            watch={
                "waiting": (Watch("QueueGrowing", at=100),),
                "consumers": (Watch("NoConsumers"),),
            },
        ),
        graph(
            "Messages that wait to be tried again",
            "In the queues for retries, all steps together.",
            "short",
            Query(f"sum(max by (queue) ({_READY}{{{_RETRIES}}}))", "waiting"),
        ),
        graph(
            "Messages taken and not settled",
            "By workers, from each queue. Bounded by what a worker takes at once.",
            "short",
            Query(f"max by (queue) ({_TAKEN}{{{_WORK}}})", "{{queue}}"),
        ),
    ),
)

FLOW = Row(
    "What goes through it",
    (
        graph(
            "Messages",
            "A second: received, confirmed to whoever published, handed to workers, settled.",
            "ops",
            Query(_rate("rabbitmq_global_messages_received_total"), "received"),
            Query(_rate("rabbitmq_global_messages_confirmed_total"), "confirmed"),
            Query(_rate("rabbitmq_global_messages_delivered_total"), "delivered"),
            Query(_rate("rabbitmq_global_messages_acknowledged_total"), "settled"),
        ),
        graph(
            "Messages that need a second look",
            "A second: delivered again, and returned because no queue wanted them.",
            "ops",
            Query(_rate("rabbitmq_global_messages_redelivered_total"), "redelivered"),
            Query(_rate("rabbitmq_global_messages_unroutable_returned_total"), "returned"),
        ),
    ),
)

NODES = Row(
    "Its nodes",
    (
        graph(
            "Memory used",
            "Of what a node may use before its alarm stops all publishing.",
            "percentunit",
            Query(
                "rabbitmq_process_resident_memory_bytes / rabbitmq_resident_memory_limit_bytes",
                "{{instance}}",
            ),
            watch=(Watch("BrokerMemoryAlarm", threshold=False),),
            steps=(Step("green"), Step("red", 1)),
            bounds=(0, 1),
            width=8,
        ),
        graph(
            "Disk free",
            "And the limit below which a node's alarm stops all publishing.",
            "bytes",
            Query("rabbitmq_disk_space_available_bytes", "{{instance}}"),
            Query("max(rabbitmq_disk_space_available_limit_bytes)", "limit"),
            watch=(
                Watch("BrokerDiskFilling", threshold=False),
                Watch("BrokerDiskAlarm", threshold=False),
            ),
            width=8,
        ),
        graph(
            "File descriptors used",
            "Of what a node may have open.",
            "percentunit",
            Query("rabbitmq_process_open_fds / rabbitmq_process_max_fds", "{{instance}}"),
            bounds=(0, 1),
            width=8,
        ),
        graph(
            "Connections",
            "By node: each process keeps a few open, and they come back by themselves.",
            "short",
            Query("rabbitmq_connections", "{{instance}}"),
            width=8,
        ),
        graph(
            "Quorum: elections",
            "New terms a second, all quorum queues together. Rising again and again: the nodes "
            "lose sight of each other.",
            "ops",
            Query("rate(rabbitmq_raft_term_total[$__rate_interval])", "{{instance}}"),
            width=8,
        ),
        graph(
            "Quorum: time to commit",
            "For an entry to be with the majority of the nodes, all quorum queues together.",
            "s",
            Query("rabbitmq_raft_entry_commit_latency_seconds", "{{instance}}"),
            width=8,
        ),
    ),
)

DASHBOARD = Dashboard(
    "muster-broker",
    "the broker",
    "RabbitMQ: whether it is there, what waits in it, what goes through it.",
    (NOW, QUEUES, FLOW, NODES),
)
