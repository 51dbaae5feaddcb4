"""Keep members with all their papers, number what changes for the index, and keep track records.

What was known of providers' licences is carried over; certificates, policies and enterprises were
not kept before, and are known once the registry speaks of those members again. Explanations of
earlier rounds keep their rules and choices; their scores, which meant something else, are dropped.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Document = dict[str, Any]


def upgrade() -> None:
    """Go from providers to members."""
    op.create_table(
        "revisions",
        sa.Column("of", sa.String(16), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO revisions VALUES ('index', 1)")
    op.create_table(
        "track_records",
        sa.Column("provider_id", sa.String(64), primary_key=True),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("aborted", sa.Integer, nullable=False),
        sa.Column("given", sa.Double, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    _members_from_providers()
    _number_capabilities()
    _rewrite_explanations(sa.LargeBinary(), _packed_explanation)
    op.drop_table("capability_coverage")


def downgrade() -> None:
    """Go back to providers; who only asks is forgotten as far as it can be told."""
    _find_coverage()
    _rewrite_explanations(sa.Text(), _unpacked_explanation)
    with op.batch_alter_table("capabilities") as batch:
        batch.drop_index(op.f("ix_capabilities_provider_id"))
        batch.drop_index(op.f("ix_capabilities_revision"))
        for column in ("provider_id", "offered", "revision"):
            batch.drop_column(column)
    _providers_from_members()
    op.drop_table("track_records")
    op.drop_table("revisions")


def _members_from_providers() -> None:
    members = op.create_table(
        "members",
        sa.Column("organisation_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    rows = _rows("SELECT provider_id, version, document, status FROM providers")
    for provider_id, version, document, status in rows:
        row = {
            "organisation_id": provider_id,
            "version": version,
            "document": json.dumps(_member(json.loads(document))),
            "status": status,
            "revision": 1,
        }
        op.bulk_insert(members, [row])
    op.drop_table("providers")


def _member(provider: Document) -> Document:
    licences = provider.pop("licences")
    return {**provider, "organisation_id": provider.pop("provider_id"), "papers": licences}


def _providers_from_members() -> None:
    providers = op.create_table(
        "providers",
        sa.Column("provider_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
    )
    rows = _rows("SELECT organisation_id, version, document, status FROM members")
    for organisation_id, version, document, status in rows:
        row = {
            "provider_id": organisation_id,
            "version": version,
            "document": json.dumps(_provider(json.loads(document))),
            "status": status,
        }
        op.bulk_insert(providers, [row])
    op.drop_table("members")


def _provider(member: Document) -> Document:
    kept = ("kind", "status", "jurisdiction", "activities", "armed", "valid")
    licences = [
        {name: paper.get(name) for name in kept}
        for paper in member["papers"]
        if paper["kind"] in ("licence", "permit") and paper.get("jurisdiction")
    ]
    same = ("version", "name", "home_country", "status")
    return {
        "provider_id": member["organisation_id"],
        **{name: member[name] for name in same},
        "licences": [{**each, "armed": bool(each["armed"])} for each in licences],
    }


def _number_capabilities() -> None:
    with op.batch_alter_table("capabilities") as batch:
        batch.add_column(sa.Column("provider_id", sa.String(64)))
        batch.add_column(sa.Column("offered", sa.Integer))
        batch.add_column(sa.Column("revision", sa.BigInteger))
    write = sa.text(
        "UPDATE capabilities SET provider_id = :provider, offered = :offered, revision = 1 "
        "WHERE capability_id = :capability"
    )
    for capability_id, document in _rows("SELECT capability_id, document FROM capabilities"):
        said = json.loads(document)
        published = said["status"] == "published"
        values = {
            "provider": said["provider_id"],
            "offered": said["capacity"] if published else 0,
            "capability": capability_id,
        }
        op.get_bind().execute(write, values)
    with op.batch_alter_table("capabilities") as batch:
        batch.alter_column("provider_id", existing_type=sa.String(64), nullable=False)
        batch.alter_column("offered", existing_type=sa.Integer, nullable=False)
        batch.alter_column("revision", existing_type=sa.BigInteger, nullable=False)
        batch.create_index(op.f("ix_capabilities_provider_id"), ["provider_id"])
        batch.create_index(op.f("ix_capabilities_revision"), ["revision"])


def _find_coverage() -> None:
    coverage = op.create_table(
        "capability_coverage",
        sa.Column("country", sa.String(2), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("capability_id", sa.String(64), primary_key=True, index=True),
    )
    for capability_id, document in _rows("SELECT capability_id, document FROM capabilities"):
        said = json.loads(document)
        if said["status"] != "retired":
            rows = [
                {
                    "country": country,
                    "kind": said["attributes"]["kind"],
                    "capability_id": capability_id,
                }
                for country in said["coverage"]["countries"]
            ]
            op.bulk_insert(coverage, rows)


def _rewrite_explanations(after: Any, rewrite: Callable[[Any], Any]) -> None:
    """Fill a new column row by row: no database turns text into bytes as we want it."""
    before = sa.Text() if isinstance(after, sa.LargeBinary) else sa.LargeBinary()
    with op.batch_alter_table("explanations") as batch:
        batch.add_column(sa.Column("rewritten", after))
    table = sa.table(
        "explanations",
        sa.column("request_id", sa.String()),
        sa.column("round", sa.Integer()),
        sa.column("document", before),
        sa.column("rewritten", after),
    )
    connection = op.get_bind()
    for request_id, number in _rows("SELECT request_id, round FROM explanations"):
        one = (table.c.request_id == request_id) & (table.c.round == number)
        document = connection.execute(sa.select(table.c.document).where(one)).scalar_one()
        connection.execute(sa.update(table).where(one).values(rewritten=rewrite(document)))
    with op.batch_alter_table("explanations") as batch:
        batch.drop_column("document")
        batch.alter_column(
            "rewritten", new_column_name="document", existing_type=after, nullable=False
        )


def _packed_explanation(document: str) -> bytes:
    said = json.loads(document)
    said |= {"rule_pack": "", "weights": {}, "solver": ""}
    for need in said["needs"]:
        need |= {"wave": "alliance", "beyond": {}}
        for considered in need["considered"]:
            considered["verdicts"] = [
                {**verdict, "ruling": "passed" if verdict.pop("passed") else "failed", "key": ""}
                for verdict in considered.pop("failed")
            ]
            considered |= {"wave": "alliance", "score": None}
    return zlib.compress(json.dumps(said).encode())


def _unpacked_explanation(document: bytes) -> str:
    said = json.loads(zlib.decompress(document))
    for name in ("rule_pack", "weights", "solver"):
        del said[name]
    for need in said["needs"]:
        for name in ("wave", "beyond"):
            del need[name]
        need["considered"] = [_old_consideration(each) for each in need["considered"]]
    return json.dumps(said)


def _old_consideration(considered: Document) -> Document:
    same = ("capability_id", "provider_id", "quantity")
    known = ("chosen", "barred", "no_capacity", "not_needed", "given_up")
    failed = [verdict for verdict in considered["verdicts"] if verdict["ruling"] != "passed"]
    return {
        **{name: considered[name] for name in same},
        "choice": considered["choice"] if considered["choice"] in known else "not_needed",
        "score": None,
        "failed": [
            {"rule": v["rule"], "passed": False, "fact": v["fact"], "wanted": v["wanted"]}
            for v in failed
        ],
    }


def _rows(query: str) -> list[Any]:
    return list(op.get_bind().execute(sa.text(query)).all())
