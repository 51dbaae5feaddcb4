"""Simulated people: enterprises that ask, providers that answer and report, as chance has it."""

from datetime import timedelta
from typing import Any

from muster.access import Caller
from muster.contracts.vocabulary.attributes import (
    GuardRequirement,
    InsuranceRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.identifiers import JobId, OfferId, RequestId
from muster.contracts.vocabulary.kinds import (
    Armour,
    InsuranceLine,
    PriceUnit,
    Urgency,
)
from muster.contracts.vocabulary.statuses import JOB, IncidentSeverity, JobStatus
from muster.contracts.vocabulary.values import Money, Price, Window
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.use_cases.check_in import check_in
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.report_position import report_position
from services.dispatch.use_cases.report_status import report_status
from services.matching.domain.terms import Principal, Terms
from services.matching.use_cases.accept_offer import accept_offer
from services.matching.use_cases.approve_request import approve_request
from services.matching.use_cases.cancel_request import cancel_request
from services.matching.use_cases.counter_offer import counter_offer
from services.matching.use_cases.decline_offer import decline_offer
from services.matching.use_cases.submit_request import AskedNeed, SubmitRequest, submit_request
from tests.simulation.alliance import DOLLARS, PHNOM_PENH
from tests.simulation.machinery import Actor, Machinery, Question
from tests.simulation.users import REPEATS_SOON, Act, Users

EN_KM = frozenset({"en", "km"})
NEEDS: tuple[tuple[int, Requirement], ...] = (
    (4, GuardRequirement("guards", languages=EN_KM)),
    (6, GuardRequirement("guards", languages=EN_KM)),
    (2, VehicleRequirement("vehicles", armour=Armour.B6)),
    (1, InsuranceRequirement("insurance", InsuranceLine.KIDNAP_RANSOM, DOLLARS)),
)

OFFERS = "SELECT offer_id, provider_id, enterprise_id FROM offers WHERE status = '{}' ORDER BY 1"
SENT, COUNTERED = OFFERS.format("sent"), OFFERS.format("countered")
PROPOSED = "SELECT request_id, enterprise_id FROM requests WHERE status = 'proposed' ORDER BY 1"
ALIVE = """
SELECT request_id, enterprise_id FROM requests
WHERE status NOT IN ('closed', 'cancelled', 'expired', 'unfilled') ORDER BY 1
"""
AT_WORK = """
SELECT job_id, provider_id, status FROM jobs
WHERE status NOT IN ('completed', 'cancelled', 'aborted') ORDER BY 1
"""


class People:
    """Everybody who uses the system; each method is one act, for which there is occasion."""

    def __init__(
        self, machinery: Machinery, enterprises: list[Caller], providers: list[Caller]
    ) -> None:
        self._machinery = machinery
        self._chance = machinery.chance
        self._enterprises = {e.own_organisation(): e for e in enterprises}
        self._providers = {p.own_organisation(): p for p in providers}
        self._patience = machinery.matching.patience
        self._users = Users(machinery)
        self._begun = 0
        self.submitted: list[str] = []
        self.incidents: list[str] = []
        self.positions = 0
        self.asked: dict[str, int] = {}  # how much of each need
        facts, users = machinery.databases.facts, self._users
        requests = machinery.faults.climate.requests
        self._sent = facts["matching"].question(SENT)
        self._countered = facts["matching"].question(COUNTERED)
        self._proposed = facts["matching"].question(PROPOSED)
        self._alive = facts["matching"].question(ALIVE)
        self._at_work = facts["dispatch"].question(AT_WORK)
        machinery.actors += [
            Actor("somebody submits", lambda: self._begun < requests, self.submit),
            Actor("somebody approves", self._proposed.rows, self.approve),
            Actor("somebody cancels", self._alive.rows, self.cancel, 0.003, idle=True),
            Actor("a provider answers", self._sent.rows, self.answer),
            Actor("a provider hesitates", self._sent.rows, self.hesitate, 0.02),
            Actor(
                "an enterprise answers a counter",
                self._countered.rows,
                self.answer_counter,
            ),
            Actor("a provider reports", self._at_work.rows, self.report),
            Actor("somebody repeats", users.is_waiting, users.repeat, REPEATS_SOON),
        ]

    def submit(self) -> None:
        """Ask for one to three things at once, for a window that may overlap the others'."""
        self._begun += 1
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
        enterprise = self._chance.choice(list(self._enterprises.values()))
        rules = self._machinery.matching.policy.pack

        def act(work: UnitOfWork) -> RequestId:
            request = submit_request(work, enterprise, asked, rules)
            self.asked.update({need.need_id: need.quantity for need in request.needs})
            return request.request_id

        self._users.ask("matching", enterprise, act, self.submitted.append)

    def approve(self) -> None:
        """Approve a proposal."""
        request_id, enterprise_id = self._one_of(self._proposed)
        caller = self._enterprises[enterprise_id]
        policy = self._machinery.matching.policy
        self._ask(caller, lambda work: approve_request(work, caller, request_id, policy))

    def cancel(self) -> None:
        """Seldom, call something off, wherever it stands."""
        request_id, enterprise_id = self._one_of(self._alive)
        caller = self._enterprises[enterprise_id]
        self._ask(caller, lambda work: cancel_request(work, caller, request_id, "plans changed"))

    def hesitate(self) -> None:
        """Let some time pass, now and then so much that the offer expires."""
        minutes = self._chance.choice((1, 5, 60, 300))
        thought = timedelta(minutes=self._chance.uniform(0, minutes))
        self._machinery.skip_to(self._machinery.clock.now() + thought)

    def answer(self) -> None:
        """Accept, decline or counter."""
        offer_id, provider_id, _ = self._one_of(self._sent)
        caller = self._providers[provider_id]
        choice = self._chance.random()
        if choice < 0.1:
            self._ask(caller, lambda work: decline_offer(work, caller, offer_id, "busy"))
        elif choice < 0.2:
            price = Price(Money(200_00, "USD"), PriceUnit.DAY)
            self._ask(
                caller,
                lambda work: counter_offer(
                    work, caller, offer_id, price, "short notice", self._patience
                ),
            )
        else:
            self._accept(caller, offer_id)

    def answer_counter(self) -> None:
        """Take another price, or not."""
        offer_id, _, enterprise_id = self._one_of(self._countered)
        caller = self._enterprises[enterprise_id]
        if self._chance.random() < 0.5:
            self._ask(caller, lambda work: decline_offer(work, caller, offer_id, "dear"))
        else:
            self._accept(caller, offer_id)

    def _accept(self, caller: Caller, offer_id: OfferId) -> None:
        policy = self._machinery.matching.policy
        self._ask(caller, lambda work: accept_offer(work, caller, offer_id, self._patience, policy))

    def report(self) -> None:
        """Report on a job: mostly the next step; sometimes an old one, a position, an incident."""
        job_id, provider_id, status = self._one_of(self._at_work)
        caller = self._providers[provider_id]
        choice = self._chance.random()
        ask = self._users.ask
        if choice < 0.05:
            place = PHNOM_PENH.position
            ask("dispatch", caller, lambda work: report_position(work, caller, job_id, place))
        elif choice < 0.10:
            ask("dispatch", caller, lambda work: check_in(work, caller, job_id))
        elif choice < 0.13:
            self._report_incident(caller, job_id)
        else:
            self._report_status(caller, job_id, JobStatus(status), choice)

    def _report_incident(self, caller: Caller, job_id: JobId) -> None:
        def act(work: UnitOfWork) -> str:
            severity = IncidentSeverity.MODERATE
            return report_incident(work, caller, job_id, severity, "a puncture").incident_id

        self._users.ask("dispatch", caller, act, self.incidents.append)

    def _report_status(
        self, caller: Caller, job_id: JobId, status: JobStatus, choice: float
    ) -> None:
        if choice < 0.15:
            step, reason = JobStatus.ABORTED, "road closed"
        elif choice < 0.20:
            step, reason = JobStatus.ACKNOWLEDGED, ""
        else:
            steps = JOB.allowed[status] - {JobStatus.CANCELLED, JobStatus.ABORTED}
            step, reason = self._chance.choice(sorted(steps)), ""
        self._users.ask(
            "dispatch",
            caller,
            lambda work: report_status(work, caller, job_id, step, reason=reason),
        )

    def _one_of(self, question: Question) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._chance.choice(question.rows())
        return found

    def _ask(self, caller: Caller, act: Act) -> None:
        self._users.ask("matching", caller, act)
