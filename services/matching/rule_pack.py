"""Loads the rule pack from its files, and says everything that is wrong with them at once."""

from collections import Counter
from collections.abc import Hashable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from muster.contracts.vocabulary.countries import ALLIANCE
from muster.contracts.vocabulary.errors import MusterError
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.law.rules import EVERYWHERE, RulePack
from services.matching.rule_files.rules import AllianceFile, NationalFile, WrittenRule
from services.matching.rule_files.state_power import StatePowerFile
from services.matching.rule_files.written import digest

PACKAGED = Path(__file__).parent / "rules"
OLDEST = date(2000, 1, 1)  # nobody has looked a rule up for Muster before
STATE_POWER = frozenset({"arrest", "interrogation", "surveillance_of_persons", "repatriation"})
_ALLIANCE, _STATE_POWER = "alliance.yaml", "state_power.yaml"

File = TypeVar("File", bound=BaseModel)


class RulePackInvalid(MusterError):
    """The rule pack cannot be used. `problems` names file, field and what to do."""

    def __init__(self, directory: Path, problems: list[str]) -> None:
        lines = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(
            f"The rule pack in {directory} cannot be used; correct all of this:\n{lines}"
        )
        self.problems = tuple(problems)


def load_rule_pack(directory: Path | None = None, *, today: date | None = None) -> RulePack:
    """Return the rules in this directory (none: those that come with Muster).

    With `today` a rule dated later is refused, too. Raises RulePackInvalid with all problems.
    """
    where = directory or PACKAGED
    files = _Files(where)
    alliance = files.read(_ALLIANCE, AllianceFile)
    power = files.read(_STATE_POWER, StatePowerFile)
    written = list(alliance.rules) if alliance else []
    files.problems.extend(_misplaced(_ALLIANCE, EVERYWHERE, written))
    for code in sorted(files.countries() | ALLIANCE):
        national = files.read(f"{code.lower()}.yaml", NationalFile)
        own = list(national.rules) if national else []
        files.problems.extend(_misplaced(f"{code.lower()}.yaml", code, own))
        written += own
    files.problems.extend(_wrong_as_a_whole(written, today))
    if power:
        files.problems.extend(_unnamed_tasks(power))
    if alliance:
        files.problems.extend(_missing_foundation(alliance))
    if files.problems or alliance is None or power is None:
        raise RulePackInvalid(where, files.problems)
    written.sort(key=lambda rule: rule.id)
    return RulePack(
        version=f"{alliance.release}+{digest(*written, power)}",
        rules=tuple(rule.rule() for rule in written),
        state_power=power.state_power(),
    )


class _Files:
    """The files of one directory, and what was found wrong with them so far."""

    def __init__(self, directory: Path) -> None:
        self.problems: list[str] = []
        self._directory = directory
        self._names = {path.name for path in directory.glob("*.y*ml")} if directory.is_dir() else ()
        if not self._names:
            self.problems.append(
                f"{directory}: holds no rules; give a directory with {_ALLIANCE}, {_STATE_POWER} "
                "and one file for each country, such as kh.yaml"
            )

    def countries(self) -> set[str]:
        """Return the countries that have a file; note files that are of no country."""
        found = set()
        for name in sorted(set(self._names) - {_ALLIANCE, _STATE_POWER}):
            code, _, ending = name.partition(".")
            if ending == "yaml" and len(code) == 2 and code.islower():
                found.add(code.upper())
            else:
                self.problems.append(
                    f"{name}: is of no country; name it by the country's code, such as kh.yaml"
                )
        return found

    def read(self, name: str, model: type[File]) -> File | None:
        """Return the file's content, or note what is wrong with it."""
        if not self._names:
            return None
        try:
            text = (self._directory / name).read_text("utf-8")
            return model.model_validate(yaml.load(text, _Strict))  # noqa: S506 - a SafeLoader
        except FileNotFoundError:
            self.problems.append(f"{name}: is missing; {_instead(name)}")
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}: cannot be read ({error}); save it as UTF-8 text")
        except yaml.YAMLError as error:
            self.problems.append(f"{name}: is not YAML: {' '.join(str(error).split())}")
        except ValidationError as error:
            self.problems.extend(f"{name}: {problem}" for problem in _problems(error))
        return None


class _Strict(yaml.SafeLoader):
    """YAML in which a key stands once, and words stay words: NO is Norway, 2026.10 is October."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping; raise ConstructorError if a key stands in it twice."""
        keys = Counter(key.value for key, _ in node.value)
        if twice := sorted(str(key) for key, times in keys.items() if times > 1):
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(twice)} stands here twice; keep one", node.start_mark
            )
        return super().construct_mapping(node, deep)


_GUESSED = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:float")
_Strict.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag not in _GUESSED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _instead(name: str) -> str:
    if name in (_ALLIANCE, _STATE_POWER):
        return "take it from the rules that come with Muster (services/matching/rules)"
    return "if nothing is known of the country's law, write `rules: []`"


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        given = problem.get("input")
        seen = f" (it says {given!r})" if isinstance(given, str | int | bool) else ""
        yield f"{where}: {problem['msg'].removeprefix('Value error, ')}{seen}"


def _misplaced(name: str, jurisdiction: str, written: list[WrittenRule]) -> Iterator[str]:
    for rule in written:
        if rule.jurisdiction != jurisdiction:
            yield (
                f"{name}: {rule.id}: jurisdiction: is {rule.jurisdiction}, but this is the file of "
                f"{jurisdiction}; move the rule or correct it"
            )


def _wrong_as_a_whole(written: list[WrittenRule], today: date | None) -> Iterator[str]:
    times = Counter(rule.id for rule in written)
    for rule_id in sorted(rule_id for rule_id, count in times.items() if count > 1):
        yield f"{rule_id}: id: stands {times[rule_id]} times; give each rule an id of its own"
    latest = today or date(2100, 1, 1)
    for rule in written:
        if not OLDEST <= rule.stated_on <= latest:
            yield (
                f"{rule.id}: stated_on: is {rule.stated_on}; write the day on which the source was "
                f"last looked up, from {OLDEST} to {latest}"
            )


def _unnamed_tasks(power: StatePowerFile) -> Iterator[str]:
    named = Counter(task.task for task in power.tasks)
    for task in sorted(STATE_POWER - set(named)):
        yield f"{_STATE_POWER}: tasks: {task} is missing; nobody may be asked for it, so name it"
    for task in sorted(task for task, count in named.items() if count > 1):
        yield f"{_STATE_POWER}: tasks: {task} stands there twice; put both into one"


def _missing_foundation(alliance: AllianceFile) -> Iterator[str]:
    licensed: set[CapabilityKind] = set()
    for rule in alliance.rules:
        always = rule.armed is None and rule.environment is None and not rule.key_units_only
        if rule.demands.kind == "licence" and rule.confidence == "high" and always:
            licensed |= rule.kinds
    for kind in sorted(set(CapabilityKind) - licensed):
        yield (
            f"{_ALLIANCE}: rules: none of high confidence demands a licence for {kind.value}; "
            "nobody may serve without one, so add it"
        )
