"""The result as tables for people."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from muster.cli.match.result import (
    AllocatedResult,
    DecisionResult,
    Fate,
    NeedResult,
    RequestResult,
    Result,
)
from muster.contracts.vocabulary.values import Money, Price

_COLOURS = {
    Fate.FILLED: "green",
    Fate.REVIEW: "yellow",
    Fate.WAITING: "yellow",
    Fate.UNFILLED: "red",
    Fate.REFUSED: "red",
}
_NO_MINOR_UNITS = frozenset({"VND", "KRW"})


def show(result: Result, console: Console) -> None:
    """Print who serves whom, what is missing and why, and what operators are asked."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    if result.title:
        yield Text(result.title, style="bold")
    yield _allocation(result)
    yield from (_open_ends(request) for request in result.requests if _has_open_ends(request))
    yield from map(_decision, result.decisions)
    yield _totals(result)


def _allocation(result: Result) -> Table:
    table = Table("request", "need", "provider", "how many", "score", "price", "arrives", box=None)
    for column in (3, 4, 5):
        table.columns[column].justify = "right"
    table.title = f"Matched at {result.now.isoformat()}"
    table.title_justify = "left"
    for request in result.requests:
        table.add_row(Text(request.request_id, style="bold"), _fate(request.fate))
        for need in request.needs:
            for row in _rows(need):
                table.add_row("", *row)
    return table


def _rows(need: NeedResult) -> Iterator[tuple[str | Text, ...]]:
    word = f"{need.wanted} {need.kind}" + (" (optional)" if need.optional else "")
    for each in need.allocated:
        yield word, *_cells(each)
        word = ""
    if need.missing:
        yield word, Text("nobody", style="red"), str(need.missing), "", "", ""


def _cells(each: AllocatedResult) -> tuple[str, ...]:
    score = "" if each.score is None else f"{each.score:.3f}"
    who = f"{each.provider}: {each.capability}"
    return who, str(each.quantity), score, _price(each.price), each.arrives_at or ""


def _has_open_ends(request: RequestResult) -> bool:
    return bool(request.refusal or request.questions or any(need.reasons for need in request.needs))


def _open_ends(request: RequestResult) -> Text:
    """Return why something is missing, and what an operator has to decide."""
    lines = [f"\n{request.request_id}: {request.fate}"]
    if request.refusal:
        lines.append(f"  {request.refusal.field} {request.refusal.problem}")
    for need in request.needs:
        if need.missing:
            reasons = ", ".join(f"{rule} ({count})" for rule, count in need.reasons.items())
            lines.append(f"  {need.missing} of {need.wanted} {need.kind} missing: {reasons}")
    for asked in request.questions:
        arms = "armed " if asked.armed else ""
        lines.append(f"  may {asked.provider} do {arms}{asked.kind} in {asked.country}?")
        lines.extend(
            f"    {each.rule}: {each.fact}; wanted: {each.wanted}" for each in asked.findings
        )
    return Text("\n".join(lines))


def _decision(decision: DecisionResult) -> Text:
    word = "cleared" if decision.cleared else "refused"
    arms = "armed " if decision.armed else ""
    rules = ", ".join(decision.rules) or "nothing here asks for it, so it changes nothing"
    what = f"{decision.provider_id} for {arms}{decision.kind} in {decision.country}"
    return Text(f"\noperators {word} {what}: {rules}")


def _totals(result: Result) -> Text:
    counted = [f"{count} {fate}" for fate, count in result.totals.items() if count]
    weights = ", ".join(f"{name} {weight:g}" for name, weight in result.weights.items())
    return Text(f"\n{', '.join(counted)}\nrules {result.rule_pack}   weights {weights}")


def _fate(fate: Fate) -> Text:
    return Text(str(fate), style=_COLOURS[fate])


def _price(price: Price) -> str:
    return f"{_money(price.amount)} / {price.per}"


def _money(money: Money) -> str:
    if money.currency in _NO_MINOR_UNITS:
        return f"{money.minor_units:,} {money.currency}"
    return f"{money.minor_units / 100:,.2f} {money.currency}"
