"""What became different from one result to another: the question every exercise ends with."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from muster.cli.errors import InputUnusable
from muster.cli.match.document import read_document
from muster.cli.match.result import NeedResult, RequestResult, Result
from muster.cli.match.wording import instant, money
from muster.contracts.vocabulary.values import Money

_NOTHING = "nothing changed"


def read_result(path: Path) -> Result:
    """Return a result that was written earlier; raise InputUnusable."""
    try:
        return Result.model_validate(read_document(path))
    except ValidationError as error:
        raise InputUnusable(
            f"{path} is not a result. Give a file that `muster match SCENARIO.json --output` wrote."
        ) from error


def changes(before: Result, after: Result) -> list[str]:
    """Return a line for everything that changed and that a planner would ask about."""
    lines = [*_terms(before, after), *_requests(before, after), *_costs(before, after)]
    return lines or [_NOTHING]


def _terms(before: Result, after: Result) -> Iterator[str]:
    if before.rule_pack != after.rule_pack:
        yield f"rules {before.rule_pack} -> {after.rule_pack}"
    for name, weight in after.weights.items():
        if (earlier := before.weights.get(name)) != weight:
            yield f"weight of {name} {earlier} -> {weight}"
    if before.margin_hours != after.margin_hours:
        yield f"margin {before.margin_hours:g} h -> {after.margin_hours:g} h"


def _requests(before: Result, after: Result) -> Iterator[str]:
    earlier = {request.request_id: request for request in before.requests}
    for request in after.requests:
        yield from _request(earlier.pop(request.request_id, None), request, after)
    for gone in earlier.values():
        yield f"{gone.request_id}: no longer asked"


def _request(before: RequestResult | None, after: RequestResult, result: Result) -> Iterator[str]:
    if before is None:
        yield f"{after.request_id}: newly asked, {after.fate}"
        return
    if before.fate is not after.fate:
        yield f"{after.request_id}: {before.fate} -> {after.fate}"
    earlier = {need.need_id: need for need in before.needs}
    for need in after.needs:
        known = earlier.get(need.need_id)
        yield from _serving(_served(known, result), _served(need, result), need)


def _serving(
    before: Mapping[str, int], after: Mapping[str, int], need: NeedResult
) -> Iterator[str]:
    for who, quantity in before.items():
        if after.get(who) != quantity:
            yield f"  - {need.need_id} {need.kind}: {quantity} {who}"
    for who, quantity in after.items():
        if before.get(who) != quantity:
            yield f"  + {need.need_id} {need.kind}: {quantity} {who}"


def _served(need: NeedResult | None, result: Result) -> dict[str, int]:
    """Return how many come from whom, and when, in words that tell one from another."""
    served = {}
    for each in need.allocated if need else ():
        when = f", {instant(each.arrives_at, result.now)}" if each.arrives_at else ""
        served[f"{each.provider} ({each.capability_id}{when})"] = each.quantity
    return served


def _costs(before: Result, after: Result) -> Iterator[str]:
    earlier, later = _cost(before.requests), _cost(after.requests)
    for currency in sorted({*earlier, *later}):
        if earlier[currency] != later[currency]:
            sums = (Money(each[currency], currency) for each in (earlier, later))
            yield f"cost {' -> '.join(map(money, sums))}"


def _cost(requests: Iterable[RequestResult]) -> Counter[str]:
    cost: Counter[str] = Counter()
    for request in requests:
        for need in request.needs:
            for each in need.allocated:
                cost[each.cost.currency] += each.cost.minor_units
    return cost
