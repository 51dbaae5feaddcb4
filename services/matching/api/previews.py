"""Try a request before it is made, and read the rules it would be judged by."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from muster.access import Permission
from muster.web import Query, kept, query_in, setting
from services.matching.matcher import Matcher, matcher_of
from services.matching.previews import preview
from services.matching.schemas import PreviewBody
from services.matching.settings import MatchingSettings
from services.matching.views.previews import PreviewView
from services.matching.views.rules import RulesView

router = APIRouter(prefix="/v1")

ReadRequests = Annotated[Query, query_in("matching", Permission.REQUESTS_READ)]
ReadRules = Annotated[Query, query_in("matching", Permission.RULES_READ)]
Settings = Annotated[MatchingSettings, setting(MatchingSettings)]
Matching = Annotated[Matcher, kept(MatchingSettings, matcher_of)]


@router.post("/match-previews", response_model=PreviewView, tags=["requests"])
def post_match_preview(body: PreviewBody, query: ReadRequests, matcher: Matching) -> Response:
    """Learn what a request would come to now, and why. Nothing is held, asked of anybody or kept.

    Somebody else may be quicker: only submitting the request holds what is shown here.
    """
    now = query.store.clock.now()
    return query.answer(
        lambda connection: PreviewView.of(
            preview(connection, query.caller, body.asked(), body.enterprise_id, matcher, now)
        )
    )


@router.get("/rule-packs/current", response_model=RulesView, tags=["reviews"])
def get_current_rules(query: ReadRules, settings: Settings) -> Response:
    """Read the rules in force: what each demands, where it comes from, and how sure we are."""
    return query.answer(lambda _: RulesView.of(settings.policy.pack))
