"""The labels of metrics that several share, with all the values they can have."""

from muster.contracts.catalogue import OWNERS
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.observability.measuring import Label

SERVICE = Label("service", OWNERS)
SUBSCRIPTION = Label("subscription", bound="the queues of docs/asyncapi.yaml: a dozen in all")
URGENCY = Label("urgency", tuple(Urgency))
KIND = Label("kind", tuple(CapabilityKind))
COUNTRY = Label(
    "country",
    bound="ISO 3166-1 codes; in practice the twelve of the alliance and where they work: below 20",
)
