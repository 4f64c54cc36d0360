"""What every read model is: some tables of its own, and a way to apply facts to them.

A model can be made twice: the live one, and a shadow whose tables carry a prefix, which a rebuild
fills beside live traffic. No table names a schema: the connection's search path picks the ledger.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import ClassVar, Self

from sqlalchemy import BigInteger, Column, Connection, Date, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.schema import SchemaItem

from kernel.projections.round import Facts

SHADOW = "rebuild_"


class Model(ABC):
    """Base of the read models.

    ``name`` is the key of the model's position. ``apply`` must give the same rows however the same
    facts are cut into batches.
    """

    name: ClassVar[str]

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.metadata = MetaData()

    @property
    def key(self) -> str:
        """Name under which the position is kept; a shadow has its own."""
        return self.prefix + self.name

    @property
    def tables(self) -> list[Table]:
        """All tables of the model, by name."""
        return sorted(self.metadata.tables.values(), key=lambda table: table.name)

    def shadow(self) -> Self:
        """The same model over tables of its own, for a rebuild."""
        return type(self)(SHADOW)

    @abstractmethod
    def apply(self, connection: Connection, facts: Facts) -> None:
        """Write what the facts change; any exception means: poisoned."""

    def _table(self, name: str, *items: SchemaItem) -> Table:
        return Table(self.prefix + name, self.metadata, *items)


def text(name: str, *, key: bool = False, optional: bool = False) -> Column[str]:
    """A text column, ordered by its bytes on every machine; not null unless optional."""
    return Column(name, Text(collation="C"), primary_key=key, nullable=optional)


def whole(name: str, *, key: bool = False, optional: bool = False) -> Column[int]:
    """A 64-bit whole number: money in minor units, or a log position.

    A sum beyond 64 bits is an error of the database and stops the model; it never wraps.
    """
    return Column(name, BigInteger, primary_key=key, nullable=optional, autoincrement=False)


def exact(name: str) -> Column[Decimal]:
    """A whole number beyond 64 bits: a balance times days times a rate, not divided yet."""
    return Column(name, Numeric(38, 0), nullable=False)


def small(name: str, *, key: bool = False) -> Column[int]:
    """A small whole number: a leg, a line, a version."""
    return Column(name, Integer, primary_key=key, nullable=False, autoincrement=False)


def day(name: str, *, key: bool = False, optional: bool = False) -> Column[object]:
    """A calendar day."""
    return Column(name, Date, primary_key=key, nullable=optional)
