"""What was found, for people and for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from muster.cli.doctor.examination import Checked, anything_wrong
from muster.cli.doctor.finding import Finding, Level

_MARKS = {Level.WELL: "ok  ", Level.NOTE: "note", Level.TROUBLE: "MEND", Level.UNKNOWN: "?   "}


def as_text(looked_at: str, checked: Iterable[Checked]) -> str:
    """Return a line for each finding, and what to do about it under it."""
    every = list(checked)
    lines = [f"Looked at {looked_at}; nothing was changed.", ""]
    for each in every:
        for finding in each.findings:
            lines += _lines(each.check, finding)
    number = sum(f.level is Level.TROUBLE for each in every for f in each.findings)
    found = f"{number} thing(s) to mend, each marked MEND" if number else "All is well"
    return "\n".join([*lines, "", f"{found}."])


def as_json(looked_at: str, checked: Iterable[Checked]) -> str:
    """Return the same as JSON."""
    every = list(checked)
    findings = [
        {"check": each.check} | asdict(finding) for each in every for finding in each.findings
    ]
    content = {
        "looked_at": looked_at,
        "well": not anything_wrong(every),
        "findings": findings,
    }
    return json.dumps(content, indent=2)


def _lines(check: str, finding: Finding) -> list[str]:
    what = " ".join(finding.what.split())
    lines = [f"{_MARKS[finding.level]}  {check:<15} {what}"]
    if finding.todo:
        lines.append(f"{'':<6}{'':<15} → {finding.todo}")
    return lines
