"""Simulated people: enterprises that ask, providers that answer and report, as chance has it."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement

from muster.access import Caller
from muster.contracts.vocabulary.attributes import (
    GuardRequirement,
    InsuranceRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.errors import Conflict, DomainError
from muster.contracts.vocabulary.kinds import (
    Armour,
    InsuranceLine,
    PriceUnit,
    Urgency,
)
from muster.contracts.vocabulary.statuses import (
    JOB,
    REQUEST,
    IncidentSeverity,
    JobStatus,
    OfferStatus,
    RequestStatus,
)
from muster.contracts.vocabulary.values import Money, Price, Window
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch import tables as dispatch
from services.dispatch.domain.job import Job
from services.dispatch.use_cases.check_in import check_in
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.report_position import report_position
from services.dispatch.use_cases.report_status import report_status
from services.matching import tables as matching
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.domain.terms import Principal, Terms
from services.matching.use_cases.accept_offer import accept_offer
from services.matching.use_cases.approve_request import approve_request
from services.matching.use_cases.cancel_request import cancel_request
from services.matching.use_cases.counter_offer import counter_offer
from services.matching.use_cases.decline_offer import decline_offer
from services.matching.use_cases.submit_request import AskedNeed, SubmitRequest, submit_request
from tests.simulation.alliance import DOLLARS, PHNOM_PENH, context
from tests.simulation.machinery import Machinery

EN_KM = frozenset({"en", "km"})
NEEDS: tuple[tuple[int, Requirement], ...] = (
    (4, GuardRequirement("guards", languages=EN_KM)),
    (6, GuardRequirement("guards", languages=EN_KM)),
    (2, VehicleRequirement("vehicles", armour=Armour.B6)),
    (1, InsuranceRequirement("insurance", InsuranceLine.KIDNAP_RANSOM, DOLLARS)),
)
REQUESTS = 3
HAS_OFFER = "SELECT 1 FROM offers WHERE status = ? LIMIT 1"
HAS_REQUEST = "SELECT 1 FROM requests WHERE status = ? LIMIT 1"
HAS_JOB = "SELECT 1 FROM jobs WHERE status NOT IN ('completed', 'cancelled', 'aborted') LIMIT 1"


class People:
    """Everybody who uses the system; each method is one act, or nothing if there is no occasion."""

    def __init__(
        self, machinery: Machinery, enterprises: list[Caller], providers: list[Caller]
    ) -> None:
        self._machinery = machinery
        self._chance = machinery.chance
        self._enterprises = enterprises
        self._providers = {p.own_organisation(): p for p in providers}
        self._patience = machinery.matching.patience
        self._acts = 0
        self.submitted: list[str] = []
        self.asked: dict[str, int] = {}  # how much of each need
        machinery.actors.update(
            {
                "somebody submits": self.submit,
                "somebody approves": self.approve,
                "somebody cancels": self.cancel,
                "a provider answers": self.answer,
                "an enterprise answers a counter": self.answer_counter,
                "a provider reports": self.report,
            }
        )

    def submit(self) -> bool:
        """Ask for one to three things at once, for a window that may overlap the others'."""
        if len(self.submitted) == REQUESTS:
            return False
        start = self._machinery.clock.now() + timedelta(hours=self._chance.randint(6, 18))
        asked = SubmitRequest(
            reference="",
            needs=tuple(
                AskedNeed(
                    quantity,
                    requirement,
                    None,
                    splittable=self._chance.random() < 0.7,
                    optional=False,
                )
                for quantity, requirement in self._chance.sample(NEEDS, self._chance.randint(1, 3))
            ),
            place=PHNOM_PENH,
            window=Window(start, start + timedelta(hours=self._chance.randint(4, 24))),
            urgency=self._chance.choice(list(Urgency)),
            terms=Terms(
                auto_approve=self._chance.random() < 0.5,
                all_or_nothing=self._chance.random() < 0.3,
            ),
            principal=Principal("Visiting engineer"),
            excluded_providers=frozenset(),
        )
        enterprise = self._chance.choice(self._enterprises)
        rules = self._machinery.matching.policy.pack
        request = self._do(lambda work: submit_request(work, enterprise, asked, rules))
        self.submitted.append(request.request_id)
        self.asked.update({need.need_id: need.quantity for need in request.needs})
        return True

    def approve(self) -> bool:
        """Approve a proposal."""
        if not self._machinery.has("matching", HAS_REQUEST, RequestStatus.PROPOSED):
            return False
        proposed = self._requests(matching.requests.c.status == RequestStatus.PROPOSED)
        request = self._chance.choice(proposed)
        caller = self._enterprise_of(request.enterprise_id)
        policy = self._machinery.matching.policy
        return self._try(lambda work: approve_request(work, caller, request.request_id, policy))

    def cancel(self) -> bool:
        """Seldom, call something off, wherever it stands."""
        if self._chance.random() > 0.003 * len(self.submitted):
            return False
        alive = [r for r in self._requests() if not REQUEST.is_final(r.status)]
        if not alive:
            return False
        request = self._chance.choice(alive)
        caller = self._enterprise_of(request.enterprise_id)
        return self._try(
            lambda work: cancel_request(work, caller, request.request_id, "plans changed")
        )

    def answer(self) -> bool:
        """Accept, decline, counter, or look away until the offer expires."""
        offers = self._offers(OfferStatus.SENT)
        choice = self._chance.random()
        if not offers or choice < 0.05:
            return False
        offer = self._chance.choice(offers)
        caller = self._providers[offer.provider_id]
        if choice < 0.15:
            return self._try(lambda work: decline_offer(work, caller, offer.offer_id, "busy"))
        if choice < 0.25:
            price = Price(Money(200_00, "USD"), PriceUnit.DAY)
            return self._try(
                lambda work: counter_offer(
                    work, caller, offer.offer_id, price, "short notice", self._patience
                )
            )
        return self._accept(caller, offer)

    def answer_counter(self) -> bool:
        """Take another price, or not."""
        offers = self._offers(OfferStatus.COUNTERED)
        if not offers:
            return False
        offer = self._chance.choice(offers)
        caller = self._enterprise_of(offer.enterprise_id)
        if self._chance.random() < 0.5:
            return self._try(lambda work: decline_offer(work, caller, offer.offer_id, "dear"))
        return self._accept(caller, offer)

    def _accept(self, caller: Caller, offer: Offer) -> bool:
        policy = self._machinery.matching.policy
        return self._try(
            lambda work: accept_offer(work, caller, offer.offer_id, self._patience, policy)
        )

    def report(self) -> bool:
        """Report on a job: mostly the next step; sometimes an old one, a position, an incident."""
        if not self._machinery.has("dispatch", HAS_JOB):
            return False
        with self._machinery.stores["dispatch"].read() as connection:
            jobs = [j for j in dispatch.JOBS.list(connection) if not JOB.is_final(j.status)]
        if not jobs:
            return False
        job = self._chance.choice(jobs)
        return self._try(self._report_on(job), service="dispatch")

    def _report_on(self, job: Job) -> Callable[[UnitOfWork], object]:
        caller = self._providers[job.provider_id]
        choice = self._chance.random()
        if choice < 0.05:
            return lambda work: report_position(work, caller, job.job_id, PHNOM_PENH.position)
        if choice < 0.10:
            return lambda work: check_in(work, caller, job.job_id)
        if choice < 0.13:
            return lambda work: report_incident(
                work, caller, job.job_id, IncidentSeverity.MODERATE, "a puncture"
            )
        if choice < 0.15:
            return lambda work: report_status(
                work, caller, job.job_id, JobStatus.ABORTED, reason="road closed"
            )
        if choice < 0.20:
            return lambda work: report_status(work, caller, job.job_id, JobStatus.ACKNOWLEDGED)
        steps = JOB.allowed[job.status] - {JobStatus.CANCELLED, JobStatus.ABORTED}
        step = self._chance.choice(sorted(steps))
        return lambda work: report_status(work, caller, job.job_id, step)

    def _requests(self, *where: ColumnElement[bool]) -> list[Request]:
        with self._machinery.stores["matching"].read() as connection:
            return matching.REQUESTS.list(connection, *where)

    def _offers(self, status: OfferStatus) -> list[Offer]:
        if not self._machinery.has("matching", HAS_OFFER, status):
            return []
        with self._machinery.stores["matching"].read() as connection:
            return matching.OFFERS.list(connection, matching.offers.c.status == status)

    def _enterprise_of(self, organisation_id: str) -> Caller:
        return next(e for e in self._enterprises if e.organisation_id == organisation_id)

    def _do(self, act: Callable[[UnitOfWork], Request]) -> Request:
        self._acts += 1
        return self._machinery.stores["matching"].transact(context(self._acts), act)

    def _try(self, act: Callable[[UnitOfWork], object], service: str = "matching") -> bool:
        """Do it; what the rules refuse (too late, wrong step) is a person's everyday."""
        self._acts += 1
        try:
            self._machinery.stores[service].transact(context(self._acts), act)
        except Conflict:
            return True
        except DomainError as error:
            raise AssertionError(f"an act that makes sense was refused: {error}") from error
        return True
