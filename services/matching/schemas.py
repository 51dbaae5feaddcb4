"""What comes in over HTTP, in bodies."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from muster.contracts.event import Contract
from muster.contracts.matching import HostStateProtection, Principal, Terms
from muster.contracts.vocabulary.attributes import GuardRequirement, Requirement
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.values import Place, Price, Window, one_line
from services.matching.domain import terms as domain
from services.matching.use_cases.submit_request import AskedNeed, SubmitRequest

Reference = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(one_line)
]
# What the team is to do, in words that several requests can share: close_protection, escort.
Task = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["close_protection"])]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class NeedBody(Contract):
    """So much of one kind. One that is not splittable is served by one capability alone."""

    quantity: Annotated[int, Field(ge=1, le=1000)]
    required: Requirement
    preferred: Requirement | None = None
    splittable: bool = True
    optional: bool = False

    @model_validator(mode="after")
    def _same_kind(self) -> Self:
        if self.preferred is not None and self.preferred.kind != self.required.kind:
            raise ValueError(
                f"preferred is of kind {self.preferred.kind}, required of kind "
                f"{self.required.kind}; give both the same kind"
            )
        return self

    @model_validator(mode="after")
    def _arms_are_no_wish(self) -> Self:
        # The law for armed work applies where arms are required: nobody gets them besides.
        if _asks_for_arms(self.preferred) and not _asks_for_arms(self.required):
            raise ValueError("arms cannot be preferred; require them, or leave armed out")
        return self

    def asked(self) -> AskedNeed:
        """Return it in the domain's words."""
        return AskedNeed(
            quantity=self.quantity,
            required=self.required,
            preferred=self.preferred,
            splittable=self.splittable,
            optional=self.optional,
        )


def _asks_for_arms(wish: Requirement | None) -> bool:
    return isinstance(wish, GuardRequirement) and wish.armed


class RequestBody(Contract):
    """What an enterprise asks for."""

    reference: Reference = ""
    # A list, for of a tuple with one bad need pydantic also says that it is too short.
    needs: Annotated[list[NeedBody], Field(min_length=1, max_length=20)]
    place: Place
    window: Window
    urgency: Urgency = Urgency.PLANNED
    terms: Terms = Terms()
    principal: Principal
    excluded_providers: Annotated[frozenset[OrganisationId], Field(max_length=500)] = frozenset()
    tasks: Annotated[frozenset[Task], Field(max_length=20)] = frozenset()
    host_state_protection: HostStateProtection | None = None  # armed work is unlawful without it

    def asked(self) -> SubmitRequest:
        """Return it in the domain's words."""
        return SubmitRequest(
            reference=self.reference,
            needs=tuple(need.asked() for need in self.needs),
            place=self.place,
            window=self.window,
            urgency=self.urgency,
            terms=domain.Terms(**dict(self.terms)),
            principal=domain.Principal(**dict(self.principal)),
            excluded_providers=self.excluded_providers,
            tasks=self.tasks,
            host_state_protection=(
                domain.HostStateProtection(**dict(self.host_state_protection))
                if self.host_state_protection
                else None
            ),
        )


class PreviewBody(RequestBody):
    """A draft of a request. An operator names the enterprise that would ask; others need not."""

    enterprise_id: OrganisationId | None = None


class Nothing(Contract):
    """An empty object: the call says it all."""


class Why(Contract):
    """Why it is done."""

    reason: Reason


class CounterBody(Contract):
    """Another price, and why."""

    price: Price
    reason: Reason


class Answer(StrEnum):
    """What an operator may decide of a review."""

    CLEARED = "cleared"
    REFUSED = "refused"


class DecisionBody(Contract):
    """An operator's answer to a review, and why."""

    decision: Answer
    reason: Reason
