"""Writing many rows in one statement: new rows by binary COPY, others as arrays that are unnested.

One statement and one plan serve every batch size. Rows are tuples in the order of the table's
columns. A key must not occur twice in one call.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Date,
    Integer,
    Table,
    Text,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from cython_ext.copy_rows import pack

Row = tuple[Any, ...]


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert new rows; raises psycopg's IntegrityError for a key that is there already.

    COPY is several times faster than a statement with arrays; it goes past SQLAlchemy, whose
    connection and transaction it uses. Raises OverflowError for a number beyond its column.
    """
    if not rows:
        return
    columns = [list(values) for values in zip(*rows, strict=True)]
    for number, c in enumerate(table.columns):
        if isinstance(c.type, Date):
            columns[number] = _day_numbers(columns[number])
    with driver_of(connection).cursor() as cursor, cursor.copy(_copy(table)) as copy:
        copy.write(pack(columns, _kinds(table)))


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection under SQLAlchemy's, in the same transaction."""
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None
    return driver


_EPOCH_DAY = datetime.date(2000, 1, 1).toordinal()


def _day_numbers(days: Sequence[datetime.date | None]) -> list[int | None]:
    """Each day as PostgreSQL's own number; in a batch most days are the same one."""
    known = {day: None if day is None else day.toordinal() - _EPOCH_DAY for day in set(days)}
    return [known[day] for day in days]


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; where the key is there, all other columns take the new value."""
    if rows:
        connection.execute(_put(table), _columns(table, rows))


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; where the key is there, all other columns (sums) grow by the new value."""
    if rows:
        connection.execute(_add(table), _columns(table, rows))


def load(connection: Connection, table: Table, key: str, values: Iterable[str]) -> list[Any]:
    """All rows whose column ``key`` is one of the ids; an id holds no line break (fields.Id).

    They go as lines of one text: a driver's arrays cost several times more.
    """
    wanted = "\n".join(sorted(set(values)))
    return list(connection.execute(_load(table, key), {"wanted": wanted})) if wanted else []


def _columns(table: Table, rows: Sequence[Row]) -> dict[str, list[Any]]:
    columns = zip(*rows, strict=True)
    return {c.name: list(values) for c, values in zip(table.columns, columns, strict=True)}


@lru_cache(maxsize=256)
def _copy(table: Table) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(c.name) for c in table.columns)
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), columns
    )


@lru_cache(maxsize=256)
def _kinds(table: Table) -> str:
    """The letters of ``pack`` for the table's columns."""
    letters = {BigInteger: "q", Integer: "i", Date: "i", Text: "t"}
    return "".join(letters[type(c.type)] for c in table.columns)


@lru_cache(maxsize=256)
def _insert(table: Table) -> Insert:
    arrays = [bindparam(c.name, type_=_array_of(c)) for c in table.columns]
    names = [column(c.name, c.type) for c in table.columns]
    new = func.unnest(*arrays).table_valued(*names).render_derived(name="new")
    return postgresql_insert(table).from_select(
        [c.name for c in table.columns], select(*(new.c[c.name] for c in table.columns))
    )


@lru_cache(maxsize=256)
def _put(table: Table) -> Insert:
    statement = _insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={c.name: statement.excluded[c.name] for c in _values(table)},
    )


@lru_cache(maxsize=256)
def _add(table: Table) -> Insert:
    statement = _insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={c.name: c + statement.excluded[c.name] for c in _values(table)},
    )


@lru_cache(maxsize=256)
def _load(table: Table, key: str) -> Any:
    wanted = func.string_to_array(bindparam("wanted", type_=Text()), "\n", type_=ARRAY(Text()))
    return select(table).where(table.c[key] == func.any(wanted))


def _values(table: Table) -> list[Any]:
    return [c for c in table.columns if not c.primary_key]


def _array_of(c: Column[Any]) -> ARRAY[Any]:
    """Array type of the column's values; a collation belongs to the column, not to what is sent."""
    return ARRAY(Text() if isinstance(c.type, Text) else c.type)
