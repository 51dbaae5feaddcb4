"""Can the rule pack be read?"""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient
from services.matching.rule_pack import RulePackInvalid, load_rule_pack


def check(patient: Patient) -> Iterator[Finding]:
    """Yield the version of the rules, or every mistake in them."""
    if "matching" not in patient.settings.services:
        return
    directory = patient.rule_pack_directory
    try:
        pack = load_rule_pack(directory)
    except RulePackInvalid as error:
        for problem in error.problems:
            yield trouble(
                f"The rules cannot be used: {problem}",
                "Correct the file (docs/how-to/add-a-rule.md says how a rule is written), or unset "
                "MUSTER_RULE_PACK_DIRECTORY for those that come with Muster.",
            )
    else:
        yield well(f"The rules are those of {pack.version}, {len(pack.rules)} of them")
