"""An operator takes a client's access away."""

from muster.contracts.vocabulary.identifiers import ApiClientId
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.api_client import API_CLIENT, ApiClient
from services.registry.tables import API_CLIENTS


def revoke_api_client(work: UnitOfWork, client_id: ApiClientId, reason: str) -> ApiClient:
    """Refuse the client any further token; those it has end within their short life.

    Raises NotFound, or IllegalTransition when it was revoked before.
    """
    before = API_CLIENTS.get(work.connection, client_id, lock=True)
    after = before.revoke()
    API_CLIENTS.save(work, after)
    work.remember_step(API_CLIENT.thing, client_id, before.status, after.status, reason)
    return after
