"""What everything written in a rule pack has in common."""

import hashlib
import json
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]


class Written(BaseModel):
    """Immutable; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def digest(*written: BaseModel) -> str:
    """Return eight hexadecimal digits that change with the content, not with its layout."""
    content = json.dumps([_canonical(model.model_dump(mode="python")) for model in written])
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, frozenset):
        return sorted(_canonical(item) for item in value)
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
