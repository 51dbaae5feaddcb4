"""The gate: may this provider lawfully, and can it actually, serve this need?"""

from services.matching.engine.gate.case import Case, Engagement
from services.matching.engine.gate.judge import judge, ruling_of, standing_verdicts

__all__ = ["Case", "Engagement", "judge", "ruling_of", "standing_verdicts"]
