"""Reads a JSON document strictly: what is ambiguous is refused, not guessed."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from muster.cli.errors import InputUnusable

STDIN = Path("-")


def read_document(path: Path) -> Any:
    """Return what the file (``-``: standard input) holds; raise InputUnusable saying where not."""
    try:
        text = _read(path).decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()  # what came in must be able to go out
    except OSError as error:
        raise InputUnusable(f"{path} cannot be read: {error.strerror}. Name a file.") from error
    except UnicodeEncodeError as error:
        raise InputUnusable(
            f"{path} has half a character ({error.object[error.start]!a}), which no text can hold; "
            "correct that escape."
        ) from error
    except UnicodeDecodeError as error:
        raise InputUnusable(
            f"{path} is not UTF-8: byte {error.start + 1} does not belong. Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise InputUnusable(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise InputUnusable(f"{path} is nested too deeply to be read.") from error
    except ValueError as error:
        raise InputUnusable(f"{path} is not acceptable: {error}.") from error
    return document


def _read(path: Path) -> bytes:
    return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep nobody guessing which of two values of one name counts."""
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"an object names {', '.join(repeated)} more than once")
    return named


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON")
