"""What a capability has and a need asks for, as words, and words as bits."""

from collections.abc import Iterable

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisAttributes,
    CrisisRequirement,
    GuardAttributes,
    GuardRequirement,
    InsuranceAttributes,
    InsuranceRequirement,
    IntelligenceAttributes,
    IntelligenceRequirement,
    MedicalAttributes,
    MedicalRequirement,
    Requirement,
    VehicleAttributes,
    VehicleRequirement,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import Armour, MedicalLevel, MedicalTransport
from services.matching.engine.preferences import Wish

BITS = 64
MOST_WORDS = 16 * BITS  # what comes later is kept by name; nobody has a thousand skills

# No skill has a space in it, so these words are nobody's skill.
ARMED = "with arms"
IN_TERRITORY = "in the territory"

# Every kind has at most one measure, and more of it is better.
Offered = tuple[set[str], int]


def spoken(language: str) -> str:
    """Return the word for a language."""
    return f"language {language}"


def offered(attributes: CapabilityAttributes, host: Country) -> Offered:
    """Return the words a capability answers to in this country, and its measure."""
    match attributes:
        case GuardAttributes():
            words = {*attributes.skills, *map(spoken, attributes.languages)}
            words.update(f"environment {each}" for each in attributes.environments)
            return (words | {ARMED} if attributes.armed else words), 0
        case VehicleAttributes():
            up_to = [each for each in Armour if each.rank <= attributes.armour.rank]
            words = {f"armour {each}" for each in up_to}
            return words | {f"environment {attributes.environment}"}, attributes.seats
        case InsuranceAttributes():
            words = {f"line {each}" for each in attributes.lines}
            words.add(f"currency {attributes.limit.currency}")
            if host in attributes.territory:
                words.add(IN_TERRITORY)
            return words, attributes.limit.minor_units
        case IntelligenceAttributes():
            words = {f"product {each}" for each in attributes.products}
            return words | set(map(spoken, attributes.languages)), -attributes.turnaround_hours
        case CrisisAttributes():
            words = {f"service {each}" for each in attributes.services}
            return words | set(map(spoken, attributes.languages)), 0
        case MedicalAttributes():
            words = {f"level {each}" for each in MedicalLevel if each <= attributes.level}
            words.update(f"transport {each}" for each in attributes.transports)
            return words | set(map(spoken, attributes.languages)), 0


def demanded(required: Requirement) -> tuple[set[str], int | None]:
    """Return the words a need asks for, and the least measure, if it asks for one."""
    match required:
        case GuardRequirement():
            words = {*required.skills, *map(spoken, required.languages)}
            words.add(f"environment {required.environment}")
            return (words | {ARMED} if required.armed else words), None
        case VehicleRequirement():
            wanted = {f"armour {required.armour}", f"environment {required.environment}"}
            return wanted, required.seats
        case InsuranceRequirement():
            words = {f"line {required.line}", f"currency {required.limit.currency}", IN_TERRITORY}
            return words, required.limit.minor_units
        case IntelligenceRequirement():
            words = {f"product {required.product}", *map(spoken, required.languages)}
            return words, -required.within_hours
        case CrisisRequirement():
            return {f"service {required.service}", *map(spoken, required.languages)}, None
        case MedicalRequirement():
            words = {f"level {required.level}", *map(spoken, required.languages)}
            if required.transport is not MedicalTransport.NONE:
                words.add(f"transport {required.transport}")
            return words, None


def wished(wish: Wish) -> tuple[set[str], int | None]:
    """Return the words a capability must answer to, and the measure it must have, to grant it."""
    value = wish.value
    match wish.attribute:
        case "skills":
            return {value}, None
        case "languages":
            return {spoken(value)}, None
        case "armed":
            return {ARMED}, None
        case "seats":
            return set(), value
        case "within_hours":
            return set(), -value
        case "limit":
            return {f"currency {value.currency}"}, value.minor_units
        case "environment" | "armour" | "line" | "product" | "service" | "level" | "transport":
            return {f"{wish.attribute} {value}"}, None
    raise ValueError(f"no word for a wish about {wish.attribute}; add it here")


class Words:
    """Which bit stands for which word. A word keeps its bit for good."""

    def __init__(self) -> None:
        self._bits: dict[str, int] = {}

    def learn(self, words: Iterable[str]) -> tuple[dict[int, int], set[str]]:
        """Return the mask of these words in each group of 64, and those without a bit."""
        for word in sorted(words):
            if word not in self._bits and len(self._bits) < MOST_WORDS:
                self._bits[word] = len(self._bits)
        return self.masks(words)

    def masks(self, words: Iterable[str]) -> tuple[dict[int, int], set[str]]:
        """Return the same without learning a word."""
        masks: dict[int, int] = {}
        strange: set[str] = set()
        for word in words:
            bit = self._bits.get(word)
            if bit is None:
                strange.add(word)
            else:
                masks[bit // BITS] = masks.get(bit // BITS, 0) | 1 << bit % BITS
        return masks, strange
