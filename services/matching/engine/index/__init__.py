"""The search index: the gate and the score for a whole alliance at once, in memory."""

from services.matching.engine.index.index import Index
from services.matching.engine.index.question import Found, Free, Hit, Search

__all__ = ["Found", "Free", "Hit", "Index", "Search"]
