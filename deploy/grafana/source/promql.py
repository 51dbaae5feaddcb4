"""Expressions that the panels share, so that each kind of metric is read as it has to be.

Several processes export a metric; nothing here names one of them.
"""

from collections.abc import Mapping

PER_SECOND, IN_ALL = "$__rate_interval", "$__range"


def state(metric: str, by: str = "") -> str:
    """Return a gauge of state. Every worker of a service exports the same: never added up."""
    return f"sum{_by(by)}(max without (instance, process) ({metric}))"


def rate(counter: str, by: str = "") -> str:
    """Return how often a second something happens, over all processes."""
    return f"sum{_by(by)}(rate({counter}[{PER_SECOND}]))"


def happened(counter: str, by: str = "") -> str:
    """Return how often something happened in the time that is shown."""
    return f"round(sum{_by(by)}(increase({counter}[{IN_ALL}])))"


def happened_unforeseen(counter: str, by: str) -> str:
    """Return the same of a counter whose series begin with their first event, at 1 and not at 0."""
    grown = f"increase({counter}[{IN_ALL}])"
    begun = f"(min_over_time({counter}[{IN_ALL}]) unless {counter} offset {IN_ALL})"
    return f"round(sum{_by(by)}({grown} + ({begun} or {grown} * 0)) > 0)"


def quantile(share: float, histogram: str, by: str = "", over: str = PER_SECOND) -> str:
    """Return within how much this share of all were, over all processes."""
    name, where = _split(histogram)
    several = f"le, {by}" if by else "le"
    return f"histogram_quantile({share:g}, sum by ({several}) (rate({name}_bucket{where}[{over}])))"


def mean(histogram: str, by: str = "", over: str = PER_SECOND) -> str:
    """Return the mean of what a histogram was given; nothing while it was given nothing."""
    name, where = _split(histogram)
    total, count = (
        f"sum{_by(by)}(rate({name}_{part}{where}[{over}]))" for part in ("sum", "count")
    )
    return f"{total} / ({count} > 0)"


def spread(histogram: str) -> str:
    """Return how many were in each bucket, for a heatmap."""
    name, where = _split(histogram)
    return f"sum by (le) (increase({name}_bucket{where}[{PER_SECOND}]))"


def or_zero(expression: str) -> str:
    """Return 0 where an expression, which has no labels, finds nothing."""
    return f"{expression} or vector(0)"


def renamed(expression: str, label: str, to: str) -> str:
    """Return an expression with a label by another name."""
    return f'label_replace({expression}, "{to}", "$1", "{label}", "(.*)")'


def of_chosen_service(expression: str, routes: Mapping[str, str]) -> str:
    """Return of an expression with a label `route` what is of the service that was chosen."""
    for service, pattern in routes.items():
        expression = f'label_replace({expression}, "service", "{service}", "route", "{pattern}")'
    chosen = 'label_replace(vector(1), "service", "$service", "", "")'
    return f"{expression} and on (service) {chosen}"


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""


def _split(metric: str) -> tuple[str, str]:
    name, brace, where = metric.partition("{")
    return name, brace + where
