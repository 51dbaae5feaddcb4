"""What members hold, who they are, and how urgent a request is."""

from enum import IntEnum, StrEnum


class CapabilityKind(StrEnum):
    """The six kinds of capability."""

    GUARDS = "guards"
    VEHICLES = "vehicles"
    INSURANCE = "insurance"
    INTELLIGENCE = "intelligence"
    CRISIS_MANAGEMENT = "crisis_management"
    MEDICAL_RESCUE = "medical_rescue"


# These kinds are delivered from a desk: nobody travels, so distance and travel steps do not apply.
REMOTE_KINDS = frozenset(
    {CapabilityKind.INSURANCE, CapabilityKind.INTELLIGENCE, CapabilityKind.CRISIS_MANAGEMENT}
)


class Role(StrEnum):
    """What an API client may act as."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    OPERATOR = "operator"


class Urgency(StrEnum):
    """How soon an answer is needed."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    PLANNED = "planned"


class TrafficLight(StrEnum):
    """Traffic Light Protocol 2.0 labels; an unlabelled item is AMBER+STRICT."""

    RED = "TLP:RED"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    AMBER = "TLP:AMBER"
    GREEN = "TLP:GREEN"
    CLEAR = "TLP:CLEAR"


class AuthorisationKind(StrEnum):
    """The papers that make a member lawful."""

    LICENCE = "licence"
    PERMIT = "permit"
    ICOCA = "icoca"
    CERTIFICATE = "certificate"
    INSURANCE_POLICY = "insurance_policy"
    JOINT_VENTURE = "joint_venture"  # the registration of a local firm the member holds a share of


class IcocaClass(StrEnum):
    """Standing with the International Code of Conduct Association, best first."""

    CERTIFIED_MEMBER = "certified_member"
    MEMBER = "member"
    AFFILIATE = "affiliate"

    @property
    def rank(self) -> int:
        """Return the order of standing: a higher class serves a demand for a lower one."""
        return _STANDING[self]


_STANDING = {each: rank for rank, each in enumerate(reversed(IcocaClass), start=1)}


class Environment(StrEnum):
    """Where the work is done."""

    LAND = "land"
    SEA = "sea"


class Armour(StrEnum):
    """Ballistic protection of a vehicle, EN 1063 / CEN classes in common use."""

    NONE = "none"
    B4 = "B4"
    B6 = "B6"
    B7 = "B7"

    @property
    def rank(self) -> int:
        """Return the order of protection: a higher class serves a need for a lower one."""
        return _PROTECTION[self]


_PROTECTION = {each: rank for rank, each in enumerate(Armour)}


class InsuranceLine(StrEnum):
    """What a policy covers."""

    KIDNAP_RANSOM = "kidnap_ransom"
    MEDICAL_EVACUATION = "medical_evacuation"
    WAR_RISK = "war_risk"
    LIABILITY = "liability"


class IntelligenceProduct(StrEnum):
    """What an intelligence desk delivers."""

    THREAT_ASSESSMENT = "threat_assessment"
    ROUTE_SURVEY = "route_survey"
    INCIDENT_BRIEFING = "incident_briefing"
    MONITORING = "monitoring"


class CrisisService(StrEnum):
    """What a crisis-management team does."""

    RESPONSE_CONSULTANT = "response_consultant"
    NEGOTIATION = "negotiation"
    EVACUATION_PLANNING = "evacuation_planning"
    HOTLINE = "hotline"


class MedicalLevel(IntEnum):
    """Level of care; a higher level serves a need for a lower one."""

    FIRST_AID = 1
    PARAMEDIC = 2
    ADVANCED_LIFE_SUPPORT = 3
    DOCTOR = 4


class MedicalTransport(StrEnum):
    """How a patient is moved."""

    NONE = "none"
    GROUND = "ground"
    SEA = "sea"
    AIR = "air"


class PriceUnit(StrEnum):
    """What one unit of price buys, per unit of capacity."""

    HOUR = "hour"
    DAY = "day"
    JOB = "job"


class ContactPurpose(StrEnum):
    """Which mailbox of an organisation a notice goes to."""

    OPERATIONS = "operations"
    EMERGENCY = "emergency"
