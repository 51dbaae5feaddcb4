"""Asking the database for a part of the JSON documents it keeps."""

from sqlalchemy import JSON, Column, ColumnElement, Connection, Text, cast, func


def in_document(connection: Connection, document: Column[str], *path: str) -> ColumnElement[str]:
    """Return the text at this path of a document; NULL where there is none.

    For rows that are few by other conditions: the database reads each document for it.
    """
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(document, JSON), *path)
    return cast(func.json_extract(document, "$." + ".".join(path)), Text)
