"""The gate: may this provider lawfully, and can it actually, serve this need?"""

from services.matching.engine.gate.case import Case, Engagement, matter_of
from services.matching.engine.gate.judge import judge, ruling_of, standing_verdicts

__all__ = ["Case", "Engagement", "judge", "matter_of", "ruling_of", "standing_verdicts"]
