"""Digest of a read model's rows, to compare a rebuilt model with the live one.

The digest covers every column of every row in the order of the primary key; dates as ISO text. It
does not depend on how the rows came to be there, nor on the prefix of the tables.
"""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, Table, select

from kernel.projections.model import Model

_ROWS_AT_A_TIME = 2000


def table_checksum(connection: Connection, table: Table) -> str:
    """SHA-256, as hex, of all rows in canonical order."""
    digest = hashlib.sha256()
    query = select(table).order_by(*table.primary_key.columns)
    rows = connection.execution_options(yield_per=_ROWS_AT_A_TIME).execute(query)
    for row in rows:
        digest.update(msgspec.json.encode(tuple(row)))
        digest.update(b"\n")
    return digest.hexdigest()


def model_checksum(connection: Connection, model: Model) -> dict[str, str]:
    """Digest of each table of the model, by the live table's name."""
    return {
        table.name.removeprefix(model.prefix): table_checksum(connection, table)
        for table in model.tables
    }
