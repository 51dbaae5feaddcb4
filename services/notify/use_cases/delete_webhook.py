"""Delete a webhook."""

from muster.access import Caller
from muster.contracts.vocabulary.errors import NotFound
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.endpoint import EndpointStatus
from services.notify.tables import ENDPOINTS


def delete_webhook(work: UnitOfWork, caller: Caller, webhook_id: str) -> None:
    """Post nothing more to it and forget its secret; what still waits for it is suppressed."""
    endpoint = ENDPOINTS.get(work.connection, webhook_id, lock=True)
    caller.must_see("webhook", webhook_id, endpoint.audience)
    if endpoint.status is EndpointStatus.DELETED:
        raise NotFound("webhook", webhook_id)
    ENDPOINTS.save(work, endpoint.deleted())
