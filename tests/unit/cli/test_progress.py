"""Progress where there is no terminal to redraw on, and the words it uses."""

import asyncio
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from muster.cli.world.course import Course
from muster.cli.world.ledger import Ledger, RequestTrace
from muster.cli.world.progress import Progress
from muster.contracts.vocabulary.statuses import RequestStatus

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def busy_ledger() -> Ledger:
    """A ledger in the middle of a demo, with large numbers."""
    ledger = Ledger()
    for number in range(300):
        status = list(RequestStatus)[number % len(RequestStatus)]
        trace = RequestTrace(f"req_{number}", number, NOW, status, NOW)
        ledger.requests[trace.request_id] = trace
    ledger.counts.update(members=120, capabilities=600, webhooks_received=505)
    ledger.offers.update(accept=650, too_late=10)
    ledger.jobs.update(opened=633, completed=305)
    return ledger


def shown(ledger: Ledger, course: Course) -> list[str]:
    """The lines that are printed at once, on a page 80 characters wide."""
    page = StringIO()
    progress = Progress(Console(file=page, width=80), course, ledger, lambda: 2816)

    async def begin() -> None:
        showing = asyncio.create_task(progress.show())
        await asyncio.sleep(0)
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)

    asyncio.run(begin())
    return page.getvalue().splitlines()


def test_enrolment_takes_one_short_line_and_shows_nothing_that_has_not_begun() -> None:
    """Nobody reads "none yet" five times."""
    ledger = Ledger()
    ledger.counts.update(members=15)
    assert shown(ledger, Course("enrolment")) == ["   0 s  enrolment  15 members, 0 capabilities"]


def test_in_full_swing_a_line_still_fits_a_page() -> None:
    """One line each time, so that a log of the demo can be read down the page."""
    (line,) = shown(busy_ledger(), Course("requests"))
    assert line == (
        "   0 s  requests   300 submitted, 99 confirmed, 33 unfilled"
        " · 633 jobs, 305 completed · 2816 e-mails"
    )
    assert len(line) <= 100


def test_faults_and_errors_are_said_in_full() -> None:
    """Whatever the width of the page, they are not cut or wrapped."""
    ledger, course = busy_ledger(), Course("settling")
    course.faults.append("killed worker (4711)")
    ledger.failed("POST /v1/offers/off_1/accept answered 500 [/odd]")
    (line,) = shown(ledger, course)
    assert line.endswith(
        " · faults: killed worker (4711)"
        " · errors: 1, such as POST /v1/offers/off_1/accept answered 500 [/odd]"
    )
