"""RecheckRequest: judge again whoever was asked or has committed, by the rules as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from muster.contracts.vocabulary.identifiers import FlagId, OrganisationId, Prefix, RequestId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, flags, timers
from services.matching.domain.flag import Flag
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.engine.policy import Policy
from services.matching.engine.verdicts import Verdict
from services.matching.findings import findings_of
from services.matching.judging import Objections, objections_to, questions_of, rules_of
from services.matching.tables import FLAGS, REQUESTS
from services.matching.use_cases.dealing import offers_of
from services.matching.use_cases.ending import take_back
from services.matching.use_cases.open_reviews import open_reviews
from services.matching.use_cases.refusing import owe_sourcing


@dataclass(frozen=True)
class Rechecked:
    """What came of it: how many providers were flagged, how many offers taken back."""

    flagged: int = 0
    withdrawn: int = 0


def recheck_request(work: UnitOfWork, request_id: RequestId, policy: Policy) -> Rechecked:
    """Take back what is not committed and no longer passes; flag what is.

    The needs of what was taken back are sourced from others, and what those have accepted stays.
    Committed work is for operators to decide: a machine ends nothing while people are in the
    field. Repeats change nothing, and after the end of its window nothing is judged any more.
    """
    request = REQUESTS.find(work.connection, request_id, lock=True)
    if request is None or request.window.ends_at <= work.now:
        return Rechecked()
    live = [offer for offer in offers_of(work, request_id) if offer.is_live]
    if request.is_open:
        against = objections_to(work.connection, request, live, policy, work.now)
        return Rechecked(withdrawn=_withdraw(work, request, live, against))
    if request.status in flags.AT_WORK:
        ended = flags.ended_for(work.connection, request_id)
        serving = [offer for offer in live if offer.provider_id not in ended]
        against = objections_to(work.connection, request, serving, policy, work.now)
        open_reviews(work, request, questions_of(serving, against), policy.pack)
        return Rechecked(flagged=_flag(work, request, serving, against, policy))
    return Rechecked()


def _withdraw(
    work: UnitOfWork, request: Request, live: Sequence[Offer], against: Objections
) -> int:
    lost = [offer for offer in live if offer.offer_id in against]
    for offer in lost:
        # Both sides hear it: the rule's name, but not what was found about the provider.
        take_back(work, [offer], no_longer_passes(against[offer.offer_id]))
    if lost:
        work.unschedule(timers.APPROVAL_EXPIRY, request.request_id)
        owe_sourcing(work, request, f"{len(lost)} offers no longer pass the rules")
    return len(lost)


def no_longer_passes(verdicts: Sequence[Verdict]) -> str:
    """Return in words for both sides that these rules stand against a provider."""
    return f"the provider no longer passes: {rules_of(verdicts)}"


def _flag(
    work: UnitOfWork,
    request: Request,
    serving: Sequence[Offer],
    against: Objections,
    policy: Policy,
) -> int:
    """Raise and clear flags; return how many were raised that did not stand before."""
    known = flags.known_of(work.connection, request.request_id)
    raised = 0
    for provider_id, verdicts in _by_provider(serving, against).items():
        before = known.get(provider_id)
        if verdicts:
            raised += before is None or not before.is_raised
            _raise(work, request, provider_id, verdicts, before, policy)
        elif before is not None:
            _clear(work, before, policy)
    return raised


def _by_provider(
    serving: Sequence[Offer], against: Objections
) -> Mapping[OrganisationId, list[Verdict]]:
    found: dict[OrganisationId, list[Verdict]] = {}
    for offer in serving:
        found.setdefault(offer.provider_id, []).extend(against.get(offer.offer_id, ()))
    return {provider_id: found[provider_id] for provider_id in sorted(found)}


def _raise(
    work: UnitOfWork,
    request: Request,
    provider_id: OrganisationId,
    verdicts: Sequence[Verdict],
    before: Flag | None,
    policy: Policy,
) -> None:
    findings = findings_of(verdicts, policy.pack)
    if before is None:
        flag = Flag(
            flag_id=FlagId(work.ids.new(Prefix.FLAG)),
            request_id=request.request_id,
            enterprise_id=request.enterprise_id,
            provider_id=provider_id,
            findings=findings,
            rule_pack=policy.pack.version,
            raised_at=work.now,
        )
        FLAGS.add(work, flag)
        work.remember_step("flag", flag.flag_id, "", flag.status, rules_of(verdicts))
    else:
        flag = before.raised(findings, policy.pack.version, work.now)
        if flag is before:
            return
        FLAGS.save(work, flag)
        if not before.is_raised:
            work.remember_step("flag", flag.flag_id, before.status, flag.status, rules_of(verdicts))
    work.record(announcements.assignment_flagged(flag))


def _clear(work: UnitOfWork, before: Flag, policy: Policy) -> None:
    flag = before.cleared(policy.pack.version, work.now)
    if flag is before:
        return
    FLAGS.save(work, flag)
    work.remember_step("flag", flag.flag_id, before.status, flag.status, "passes again")
    work.record(announcements.assignment_cleared(flag))
