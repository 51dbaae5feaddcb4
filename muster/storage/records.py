"""Records: rows that are written once and never changed or deleted, not even by mistake.

On PostgreSQL, where the owner of the tables and the role that works with them are two, the latter
loses the right to. On SQLite there are no rights, so there it is only a promise of the code.
"""

from sqlalchemy import Engine, MetaData, text

RECORD = {"muster_record": True}  # `info` of a table of records

_WHO_MAY_CHANGE = text(
    "SELECT DISTINCT grantee FROM information_schema.role_table_grants "
    "WHERE table_schema = current_schema() AND table_name = :table AND grantee <> current_user "
    "AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')"
)


def protect_records(engine: Engine, metadata: MetaData) -> None:
    """Take the right to change records from everybody but the owner of the tables; idempotent."""
    if engine.dialect.name != "postgresql":
        return
    quote = engine.dialect.identifier_preparer.quote_identifier
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if not RECORD.items() <= table.info.items():
                continue
            for grantee in connection.scalars(_WHO_MAY_CHANGE, {"table": table.name}).all():
                whom = "PUBLIC" if grantee == "PUBLIC" else quote(grantee)
                connection.exec_driver_sql(
                    f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table.name)} FROM {whom}"
                )
