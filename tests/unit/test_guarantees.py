"""The page of promises: every test and every page it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guarantees.md"
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE.read_text())
PAGES = re.findall(r"\]\(([\w/.-]+\.md)\)", PAGE.read_text())


@pytest.mark.parametrize(("module", "test"), TESTS)
def test_a_promise_is_shown_by_a_test_that_exists(module: str, test: str) -> None:
    """What was renamed or taken away is missed here."""
    assert f"\ndef {test}(" in (ROOT / module).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_a_promise_points_to_a_page_that_exists(page: str) -> None:
    """So that nobody looks for it in vain."""
    assert (PAGE.parent / page).is_file()


def test_every_promise_is_shown_by_something() -> None:
    """Each of the six sections names a test."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]

    assert len(sections) >= 6
    assert all("::test_" in section for section in sections)
