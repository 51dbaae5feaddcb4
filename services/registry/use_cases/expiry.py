"""The timer that ends a verified authorisation when its paper runs out."""

from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.authorisation import Authorisation

EXPIRY_TIMER = "authorisation-expiry"


def keep_expiry_timer(work: UnitOfWork, authorisation: Authorisation) -> None:
    """Have the timer run for a verified authorisation, and for no other."""
    if authorisation.status is AuthorisationStatus.VERIFIED:
        ends_at = authorisation.paper.valid.ends_at
        work.schedule(EXPIRY_TIMER, authorisation.authorisation_id, ends_at)
    else:
        work.unschedule(EXPIRY_TIMER, authorisation.authorisation_id)
