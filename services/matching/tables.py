"""Where matching keeps its aggregates, its capacity calendar and what it knows of the registry."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from muster.storage.columns import Sequence, UtcDateTime
from muster.storage.repository import Repository
from muster.storage.tables import service_metadata
from services.matching.domain.flag import Flag
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.domain.review import Review

metadata = service_metadata()

requests = Table(
    "requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("enterprise_id", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    # Lists are read in the order of their ids, whoever asks and however long they are.
    Index(None, "enterprise_id", "request_id"),
    Index(None, "status", "request_id"),
)

offers = Table(
    "offers",
    metadata,
    Column("offer_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("request_id", String(64), nullable=False, index=True),
    Column("need_id", String(64), nullable=False),
    Column("enterprise_id", String(64), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("status", String(32), nullable=False),
    Index(None, "enterprise_id", "offer_id"),
    Index(None, "provider_id", "offer_id"),
    Index(None, "provider_id", "status", "offer_id"),
    Index(None, "status", "offer_id"),
)

# The capacity calendar. `sequence` tells the order in which bookings of a capability were made:
# whoever makes one holds the capability's row lock.
bookings = Table(
    "bookings",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("booking_id", String(64), nullable=False, unique=True),
    Column("capability_id", String(64), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False, index=True),
    Column("need_id", String(64), nullable=False),
    Column("offer_id", String(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", String(32), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_bookings_capability_id_ends_at", bookings.c.capability_id, bookings.c.ends_at)
Index("ix_bookings_ends_at", bookings.c.ends_at)

# The newest number of a change to what the index is made of. One row, raised in the transaction of
# the change and so locked until it commits: changes become visible in the order of their numbers.
revisions = Table(
    "revisions",
    metadata,
    Column("of", String(16), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

# `offered` is its capacity while it is published, else 0; `country` is that of its base. Kind and
# country are empty where a version wrote it that did not keep them.
capabilities = Table(
    "capabilities",
    metadata,
    Column("capability_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("provider_id", String(64), nullable=False, index=True),
    Column("offered", Integer, nullable=False),
    Column("kind", String(32), nullable=False, server_default=""),
    Column("country", String(2), nullable=False, server_default=""),
    Column("revision", BigInteger, nullable=False, index=True),
)

# How each provider has fared. `given` is in unit-hours that weigh the more the later they were
# given (see domain/track_record.py), so that one sum serves for ever.
track_records = Table(
    "track_records",
    metadata,
    Column("provider_id", String(64), primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("completed", Integer, nullable=False),
    Column("aborted", Integer, nullable=False),
    Column("given", Double, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", String(64), primary_key=True),
    Column("request_id", String(64), nullable=False, index=True),
    Column("provider_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(32), nullable=False),
    Column("final", Boolean, nullable=False),
)

explanations = Table(
    "explanations",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),  # JSON, compressed by zlib
    Column("engine_version", String(32), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

# `revision` is the number of its last decision, 0 while there is none.
reviews = Table(
    "reviews",
    metadata,
    Column("review_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("provider_id", String(64), nullable=False, index=True),
    Column("country", String(2), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("armed", Boolean, nullable=False),
    Column("status", String(32), nullable=False, index=True),
    Column("revision", BigInteger, nullable=False, index=True),
)
Index(
    "uq_reviews_open_matter",
    reviews.c.provider_id,
    reviews.c.country,
    reviews.c.kind,
    reviews.c.armed,
    unique=True,
    sqlite_where=text("status = 'open'"),
    postgresql_where=text("status = 'open'"),
)

# Which requests a review was asked for.
review_requests = Table(
    "review_requests",
    metadata,
    Column("review_id", String(64), primary_key=True),
    Column("request_id", String(64), primary_key=True),
)

flags = Table(
    "flags",
    metadata,
    Column("flag_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("status", String(32), nullable=False, index=True),
    UniqueConstraint("request_id", "provider_id"),
)

# One row each time another rule pack came into force. `reached` is the last request that was judged
# again under it; what a crash interrupts goes on from there.
rule_packs = Table(
    "rule_packs",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("rule_pack", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("adopted_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("reached", String(64), nullable=False),
    Column("requests_checked", Integer, nullable=False),
    Column("assignments_flagged", Integer, nullable=False),
    Column("offers_withdrawn", Integer, nullable=False),
)


def _request_columns(request: Request) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "enterprise_id": request.enterprise_id,
        "status": request.status.value,
    }


def _offer_columns(offer: Offer) -> dict[str, Any]:
    return {
        "offer_id": offer.offer_id,
        "request_id": offer.request_id,
        "need_id": offer.need_id,
        "enterprise_id": offer.enterprise_id,
        "provider_id": offer.provider_id,
        "quantity": offer.quantity,
        "status": offer.status.value,
    }


def _review_columns(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "provider_id": review.provider_id,
        "country": review.country,
        "kind": review.kind.value,
        "armed": review.armed,
        "status": review.status.value,
        "revision": review.revision,
    }


def _flag_columns(flag: Flag) -> dict[str, Any]:
    return {
        "flag_id": flag.flag_id,
        "request_id": flag.request_id,
        "provider_id": flag.provider_id,
        "status": flag.status.value,
    }


REQUESTS = Repository(requests, Request, "request", _request_columns)
OFFERS = Repository(offers, Offer, "offer", _offer_columns)
REVIEWS = Repository(reviews, Review, "review", _review_columns)
FLAGS = Repository(flags, Flag, "flag", _flag_columns)
