"""The tables of dispatch."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from muster.storage.columns import Sequence, UtcDateTime
from muster.storage.records import RECORD
from muster.storage.repository import Repository
from muster.storage.tables import service_metadata
from services.dispatch.domain.heard_request import HeardRequest
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job

metadata = service_metadata()

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", String(64), primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("enterprise_id", String(64), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("request_id", "provider_id"),
    Index(None, "enterprise_id", "job_id"),
    Index(None, "provider_id", "job_id"),
    Index(None, "status", "job_id"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(64), primary_key=True),
    Column("job_id", String(64), nullable=False),
    Column("enterprise_id", String(64), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "job_id", "incident_id"),
    Index(None, "enterprise_id", "incident_id"),
    Index(None, "provider_id", "incident_id"),
    Index(None, "status", "incident_id"),
)

heard_requests = Table(
    "heard_requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("job_id", String(64), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "job_id", "occurred_at", "sequence"),
)

timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("job_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("organisation_id", String(64)),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("out_of_order", Boolean, nullable=False),
    Index(None, "job_id", "occurred_at", "sequence"),
    info=RECORD,
)

flags = Table(
    "flags",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("provider_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("raised", Boolean, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("rule_pack", String(64), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

JOBS = Repository(
    jobs,
    Job,
    "job",
    lambda job: {
        "job_id": job.job_id,
        "request_id": job.request_id,
        "enterprise_id": job.enterprise_id,
        "provider_id": job.provider_id,
        "status": job.status.value,
    },
)
INCIDENTS = Repository(
    incidents,
    Incident,
    "incident",
    lambda incident: {
        "incident_id": incident.incident_id,
        "job_id": incident.job_id,
        "enterprise_id": incident.enterprise_id,
        "provider_id": incident.provider_id,
        "status": incident.status.value,
    },
)
HEARD_REQUESTS = Repository(
    heard_requests, HeardRequest, "request", lambda heard: {"request_id": heard.request_id}
)
