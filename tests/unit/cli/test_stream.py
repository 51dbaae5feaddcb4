"""The live stream is read entry by entry, however the bytes are cut."""

import pytest

from muster.cli.world.stream import SseParser

STREAM = b': hello\n\nid: 7\nevent: a\ndata: {"n":1}\n\nid: 8\r\ndata: {"n":\ndata: 2}\r\n\r\n'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_entries_do_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    """A chunk may end anywhere."""
    parser = SseParser()
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    entries = [entry for chunk in chunks for entry in parser.feed(chunk)]
    assert entries == ['{"n":1}', '{"n":\n2}']
    assert parser.last_id == "8"


def test_half_an_entry_is_dropped_on_a_restart_and_its_id_not_remembered() -> None:
    """What was not heard whole is asked for again."""
    parser = SseParser()
    parser.feed(b"id: 1\ndata: x\n\nid: 2\ndata: ha")
    parser.restart()
    assert parser.feed(b"id: 2\ndata: whole\n\n") == ["whole"]
    assert parser.last_id == "2"


def test_a_heartbeat_is_no_entry() -> None:
    """Comments keep the line open and say nothing."""
    assert SseParser().feed(b": heartbeat\n\n: heartbeat\n\n") == []
