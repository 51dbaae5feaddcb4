"""Which jobs a caller may know of: an enterprise and a provider their own, an operator all."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import JobId, OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.job import Job
from services.dispatch.tables import JOBS


def see_as_party(
    caller: Caller,
    thing: str,
    identifier: str,
    enterprise_id: OrganisationId,
    provider_id: OrganisationId,
) -> None:
    """Raise NotFound unless the caller is a party in its own role, or an operator.

    An organisation may be both; its provider client still sees only what it provides.
    """
    owner = provider_id if caller.role is Role.PROVIDER else enterprise_id
    caller.must_see(thing, identifier, owner)


def job_of_provider(work: UnitOfWork, caller: Caller, job_id: JobId, *, lock: bool = True) -> Job:
    """Return the job for its provider, or an operator on behalf; raise NotFound for others."""
    job = JOBS.get(work.connection, job_id, lock=lock)
    caller.must_see("job", job_id, job.provider_id)
    return job


def job_of_party(work: UnitOfWork, caller: Caller, job_id: JobId) -> Job:
    """Return the job for its enterprise, its provider or an operator; raise NotFound."""
    job = JOBS.get(work.connection, job_id)
    see_as_party(caller, "job", job_id, job.enterprise_id, job.provider_id)
    return job
