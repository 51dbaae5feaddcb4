"""Joining the alliance: apply, be vetted, show papers, be activated, get a client, publish."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from muster.cli.world.client import Api, Session, new_key, post_for_secret, post_publicly
from muster.cli.world.plans import Body, MemberPlan, text


@dataclass(frozen=True)
class Member:
    """An active member and the means to act for it."""

    plan: MemberPlan
    organisation_id: str
    session: Session
    capability_ids: tuple[str, ...]


async def enrol_all(
    api: Api, operator: Session, plans: Iterable[MemberPlan], progress: Counter[str]
) -> list[Member]:
    """Enrol everybody at once, as far as the client's limit of calls allows.

    Counts members and capabilities in `progress` as they come.
    """

    async def counted(plan: MemberPlan) -> Member:
        member = await enrol(api, operator, plan)
        progress["members"] += 1
        progress["capabilities"] += len(member.capability_ids)
        return member

    return await asyncio.gather(*(counted(plan) for plan in plans))


async def active_providers(operator: Session) -> list[str]:
    """Return the ids of the active members that provide."""
    return [
        str(organisation["organisation_id"])
        async for organisation in operator.pages("/v1/organisations")
        if organisation["status"] == "active" and "provider" in organisation["roles"]
    ]


async def enrol(api: Api, operator: Session, plan: MemberPlan) -> Member:
    """Take one organisation all the way from applicant to a member with capabilities."""
    applied = await post_publicly(api, "/v1/organisations", plan.organisation)
    organisation_id = text(applied, "organisation_id")
    home = f"/v1/organisations/{organisation_id}"
    await operator.post(f"{home}/status", {"status": "vetting", "reason": "papers received"})
    for paper in plan.authorisations:
        recorded = await operator.post(f"{home}/authorisations", paper)
        verdict = {"status": "verified", "reason": "confirmed by the issuer"}
        path = f"{home}/authorisations/{recorded['authorisation_id']}/status"
        await operator.post(path, verdict)
    await operator.post(f"{home}/status", {"status": "active", "reason": "vetted"})
    session = await _issue_client(api, operator, organisation_id, plan.role)
    published = await asyncio.gather(
        *(session.post("/v1/capabilities", body) for body in plan.capabilities)
    )
    ids = tuple(text(view, "capability_id") for view in published)
    return Member(plan, organisation_id, session, ids)


async def declare_conflicts(
    members: Iterable[Member], conflicts: Iterable[tuple[MemberPlan, MemberPlan]]
) -> None:
    """Let each who has a conflict of interest declare it; the other one need not know."""
    by_number = {member.plan.number: member for member in members}
    for one, other in conflicts:
        declaring, named = by_number[one.number], by_number[other.number]
        await declaring.session.put(
            f"/v1/organisations/{declaring.organisation_id}/conflicts",
            {"organisation_ids": [named.organisation_id], "reason": "they have a common owner"},
        )


async def decline_mail(session: Session) -> None:
    """Choose to get no e-mail, but for what no choice silences."""
    known = await session.get("/v1/preferences")
    off = {name: "off" for name in known["email"] if name not in known["always_sent"]}
    await session.put("/v1/preferences", {"email": off})


async def _issue_client(api: Api, operator: Session, organisation_id: str, role: str) -> Session:
    def body() -> Body:
        name = f"duty desk {new_key()[:8]}"
        return {"organisation_id": organisation_id, "role": role, "name": name}

    issued = await post_for_secret(operator, "/v1/api-clients", body)
    return Session(api, text(issued, "client_id"), text(issued, "client_secret"))
