"""What becomes of a capability in the columns."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import inf
from typing import Any, NamedTuple

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    REMOTE_KINDS,
    AuthorisationKind,
    CapabilityKind,
    IcocaClass,
    PriceUnit,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper
from services.matching.engine.geography import by_land
from services.matching.engine.index.distance import point
from services.matching.engine.index.instants import EVER, NEVER, Span, span
from services.matching.engine.index.names import Names
from services.matching.engine.index.outlook import CLEAR, REVIEW, Lawyer, Way, cover, legal_case
from services.matching.engine.index.partition import (
    Row,
    cover_columns,
    law_columns,
    standing_spans,
    word_column,
)
from services.matching.engine.index.words import Words, offered
from services.matching.engine.law.case import LegalCase
from services.matching.engine.policy import Decisions, Matter
from services.matching.engine.waves import RANK, wave_of

UNITS = tuple(PriceUnit)
ANY_CURRENCY = -1  # of several policies: each may be in another
_MINUTES = 60


class Book:
    """The numbers that stand for names in the columns, and who knows the law."""

    def __init__(self, lawyer: Lawyer) -> None:
        self.lawyer = lawyer
        self.owners = Names()
        self.currencies = Names()
        self.rules = Names((CLEAR, REVIEW))
        self.words: Mapping[CapabilityKind, Words] = {kind: Words() for kind in CapabilityKind}


class _Part(NamedTuple):
    """Some values of a row, and spans beyond the first."""

    values: Mapping[str, Any]
    spans: Mapping[str, Sequence[Span]]


class Reader:
    """Reads the capabilities of one provider; what they have in common is read once."""

    def __init__(self, book: Book, provider: Member) -> None:
        self._book = book
        self._provider = provider
        self._by_law: dict[tuple[Any, ...], tuple[_Part, ...]] = {}

    def rows(self, capability: Capability, decisions: Decisions) -> Iterator[tuple[Country, Row]]:
        """Yield what the capability becomes in each country it serves."""
        everywhere = (self._terms(capability), _times(capability), self._standing)
        attributes, base = capability.attributes, capability.base.country
        for host in sorted(capability.coverage.countries):
            values: dict[str, Any] = {
                "wave": RANK[wave_of(base, host)],
                "by_land": base in by_land(host),
            }
            words, values["measure"] = offered(attributes, host)
            masks, strange = self._book.words[capability.kind].learn(words)
            for group, mask in masks.items():
                values[word_column(group)] = mask
            spans: dict[str, Sequence[Span]] = {}
            for part in (*everywhere, *self._legal(capability, host, decisions)):
                values.update(part.values)
                spans.update(part.spans)
            values["more"] = bool(spans)
            yield host, Row(values, strange, spans)

    def _terms(self, capability: Capability) -> _Part:
        price = capability.price
        radius = None if capability.kind in REMOTE_KINDS else capability.coverage.radius_km
        values = {
            "owner": self._book.owners.learn(capability.provider_id),
            **point(capability.base.position)._asdict(),
            "radius": inf if radius is None else radius,
            "lead": capability.lead_time_minutes / _MINUTES,
            "price": price.amount.minor_units,
            "currency": self._book.currencies.learn(price.amount.currency),
            "per": UNITS.index(price.per),
        }
        return _Part(values, {})

    @cached_property
    def _standing(self) -> _Part:
        """The ICoCA classes it holds: the best in the columns, others as spans of their rank."""
        values: dict[str, Any] = {}
        spans: dict[str, Sequence[Span]] = {}
        for icoca in IcocaClass:
            papers = [p for p in self._provider.papers if p.icoca_class is icoca and _is_icoca(p)]
            held = self._book.lawyer.spans(papers)
            if held and not values:
                values = {"standing": icoca.rank}
                values["standing since"], values["standing until"] = held[0]
                held = held[1:]
            if held:
                spans[standing_spans(icoca.rank)] = held
        return _Part(values, spans)

    def _legal(
        self, capability: Capability, host: Country, decisions: Decisions
    ) -> tuple[_Part, ...]:
        attributes, kind = capability.attributes, capability.kind
        people: tuple[Any, ...] = ()
        if isinstance(attributes, GuardAttributes):
            people = attributes.nationalities, attributes.personnel_licences
        ways = self._book.lawyer.ways(attributes, host)
        matters = [Matter(capability.provider_id, host, kind, way.armed) for way in ways]
        decided = tuple([decisions.get(matter) for matter in matters]) if decisions else ()
        key = (kind, host, ways, people, decided)
        if key not in self._by_law:
            parts = []
            for way, matter in zip(ways, matters, strict=True):
                decision = decisions.get(matter)
                case = legal_case(self._provider, attributes, kind, host, way, decision)
                parts += [self._outlook(case, way), self._cover(case)]
            self._by_law[key] = tuple(parts)
        return self._by_law[key]

    def _outlook(self, case: LegalCase, way: Way) -> _Part:
        outlook, learn = self._book.lawyer.outlook(case), self._book.rules.learn
        says, since, until, otherwise = law_columns(way)
        values = {
            says: learn(outlook.says),
            since: outlook.spans[0][0],
            until: outlook.spans[0][1],
            otherwise: learn(outlook.otherwise),
        }
        return _Part(values, {says: outlook.spans[1:]} if len(outlook.spans) > 1 else {})

    def _cover(self, case: LegalCase) -> _Part:
        """Its liability cover; of several policies at once, the best that they could be."""
        policies = [(paper, paper.limit) for paper in cover(case) if paper.limit is not None]
        spans = self._book.lawyer.spans(paper for paper, _ in policies)
        currencies = {limit.currency for _, limit in policies}
        several = len(currencies) != 1
        values = (
            max((limit.minor_units for _, limit in policies), default=-1),
            ANY_CURRENCY if several else self._book.currencies.learn(min(currencies)),
            min((since for since, _ in spans), default=EVER),
            max((until for _, until in spans), default=NEVER),
        )
        return _Part(dict(zip(cover_columns(armed=case.armed), values, strict=True)), {})


def _times(capability: Capability) -> _Part:
    available = [span(window) for window in capability.available] or [(NEVER, EVER)]
    blackouts = [span(window) for window in capability.blackouts] or [(EVER, NEVER)]
    spans: dict[str, Sequence[Span]] = {}
    if len(available) > 1:
        spans["available"] = available[1:]
    if len(blackouts) > 1:
        spans["blackout"] = blackouts[1:]
    values = {
        "available since": available[0][0],
        "available until": available[0][1],
        "blackout since": blackouts[0][0],
        "blackout until": blackouts[0][1],
    }
    return _Part(values, spans)


def _is_icoca(paper: Paper) -> bool:
    return paper.kind is AuthorisationKind.ICOCA and paper.status is AuthorisationStatus.VERIFIED
