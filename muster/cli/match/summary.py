"""The result as tables for people."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from muster.cli.match.result import (
    AllocatedResult,
    DecisionResult,
    Fate,
    NeedResult,
    QuestionResult,
    RequestResult,
    Result,
)
from muster.cli.match.wording import instant, price

_COLOURS = {
    Fate.FILLED: "green",
    Fate.REVIEW: "yellow",
    Fate.WAITING: "yellow",
    Fate.UNFILLED: "red",
    Fate.REFUSED: "red",
}
_WHO = "served by"
_NUMBERS = ("units", "score", "price")


def show(result: Result, console: Console) -> None:
    """Print who serves whom, what is missing and why, and what operators are asked."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    yield Text(f"{result.title or 'Scenario'}, {result.now.isoformat()}", style="bold")
    yield _allocation(result)
    for request in result.requests:
        yield from _open_ends(request)
    yield from map(_decision, result.decisions)
    yield _totals(result)


def _allocation(result: Result) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("request, need", _WHO, *_NUMBERS, "arrives"):
        numeric = heading in _NUMBERS
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=heading != _WHO)
    for request in result.requests:
        table.add_row(Text(request.request_id, style="bold"), _fate(request.fate))
        for need in request.needs:
            for row in _rows(need, result):
                table.add_row(*row)
    return table


def _rows(need: NeedResult, result: Result) -> Iterator[tuple[str | Text, ...]]:
    word = f"  {need.wanted} {need.kind}" + (" (optional)" if need.optional else "")
    for each in need.allocated:
        yield word, *_cells(each, result)
        word = ""
    if need.missing:
        yield word, Text("nobody", style="red"), str(need.missing)


def _cells(each: AllocatedResult, result: Result) -> tuple[str, ...]:
    score = "" if each.score is None else f"{each.score:.3f}"
    arrives = "" if each.arrives_at is None else instant(each.arrives_at, result.now)
    who = f"{each.provider} ({each.capability_id})"
    return who, str(each.quantity), score, price(each.price), arrives


def _open_ends(request: RequestResult) -> Iterator[RenderableType]:
    """Yield why something is missing, and what an operator has to decide."""
    short = [need for need in request.needs if need.missing]
    if not (short or request.refusal or request.questions):
        return
    yield Text.assemble("\n", (request.request_id, "bold"), ": ", _fate(request.fate))
    if request.refusal:
        yield _indented(2, f"{request.refusal.field}: {request.refusal.problem}")
    for need in short:
        reasons = ", ".join(f"{rule} ({count})" for rule, count in need.reasons.items())
        yield _indented(2, f"{need.missing} of {need.wanted} {need.kind} missing: {reasons}")
    for question in request.questions:
        yield from _question(question)


def _question(asked: QuestionResult) -> Iterator[RenderableType]:
    yield _indented(2, f"may {asked.provider} do {_work(asked)}? An operator has to decide:")
    for each in asked.findings:
        yield _indented(4, f"{each.rule}: {each.fact}")
        yield _indented(6, f"wanted: {each.wanted}")


def _decision(decision: DecisionResult) -> Text:
    word = "cleared" if decision.cleared else "refused"
    rules = ", ".join(decision.rules) or "no rule here asks for it, so it changes nothing"
    return Text(f"\noperators {word} {decision.provider_id} for {_work(decision)}: {rules}")


def _work(matter: QuestionResult | DecisionResult) -> str:
    return f"{'armed ' if matter.armed else ''}{matter.kind} in {matter.country}"


def _totals(result: Result) -> Text:
    counted = [f"{count} {fate}" for fate, count in result.totals.items() if count]
    weights = ", ".join(f"{name} {weight:g}" for name, weight in result.weights.items())
    return Text(f"\n{', '.join(counted)}\nrules {result.rule_pack}\nweights {weights}")


def _indented(by: int, text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, by), expand=False)


def _fate(fate: Fate) -> Text:
    return Text(str(fate), style=_COLOURS[fate])
