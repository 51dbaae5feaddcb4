"""Muster's own processes: whether they answer, and what they use."""

from deploy.grafana.source.alerts import Watch
from deploy.grafana.source.dashboard import Row
from deploy.grafana.source.panels import Query, graph
from deploy.grafana.source.promql import rate

PROCESSES = Row(
    "Muster's own processes",
    (
        graph(
            "Processes that answer",
            "How many of each kind answer Prometheus, and how many do not.",
            "short",
            Query('sum by (process) (up{job="muster"})', "{{process}}"),
            Query('count(up{job="muster"} == 0) or vector(0)', "silent"),
            watch=[
                Watch(name, threshold=False)
                for name in ("ApiDown", "WorkersDown", "RelayDown", "ProcessDown")
            ],
            width=6,
        ),
        graph(
            "Started again",
            "How often each started in the last 15 minutes, its first time not counted.",
            "short",
            Query(
                'max by (process) (changes(process_start_time_seconds{job="muster"}[15m]))',
                "{{process}}",
            ),
            watch=(Watch("ProcessRestarting"),),
            width=6,
        ),
        graph(
            "Processors used",
            "By each process; 100 % is one core.",
            "percentunit",
            Query(
                rate('process_cpu_seconds_total{job="muster"}', "process"),
                "{{process}}",
            ),
            width=6,
        ),
        graph(
            "Versions",
            "Processes of each version. Two versions side by side: an upgrade is under way.",
            "short",
            Query("count by (version) (muster_build_info)", "{{version}}"),
            watch=(Watch("VersionsMixed", threshold=False),),
            width=6,
            stacked=True,
        ),
    ),
)
