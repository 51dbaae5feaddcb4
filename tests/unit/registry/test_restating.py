"""After an upgrade every member is said again."""

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.service.timekeeper import Timekeeper
from muster.storage.unit_of_work import UnitOfWork
from services.registry.subscriptions import RegistrySubscriptions
from services.registry.use_cases.restate_member import RESTATEMENT_TIMER
from tests.unit.registry.builders import Registry


def test_a_member_is_said_again_as_it_is() -> None:
    """With all its papers and the version it has; one that is unknown is no trouble."""
    registry = Registry()
    member = registry.member()
    registry.recorded(member)
    before = registry.said()

    def upgraded(work: UnitOfWork) -> None:
        for subject in (member.organisation_id, OrganisationId("org_unknown")):
            work.schedule(RESTATEMENT_TIMER, subject, work.now)

    registry.run(upgraded)
    keeper = Timekeeper(registry.store, {RESTATEMENT_TIMER: RegistrySubscriptions().restate_member})
    assert keeper.fire_due() == 2
    assert registry.said() == [*before, before[-1]]
