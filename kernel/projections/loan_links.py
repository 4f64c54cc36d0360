"""Which loans are measured together: those of one debtor, and of contracts that share collateral.

Nearly all loans stand alone; only the others are read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from networkx.utils import UnionFind
from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    func,
    select,
    union,
)

from kernel.projections import bulk

BATCH_LOANS = 1000
"""How many loans are held in memory at once, if no more hang together."""


def linked(connection: Connection, books: Table, pledges: Table) -> Iterator[list[str]]:
    """Ids of open loans that hang together with others, whole groups at a time.

    ``debtor_id`` is empty of a retail loan, whose debtor links nothing.
    """
    b, p = books.c, pledges.c
    is_open = b.is_open == 1
    shared_items = select(p.item_id).group_by(p.item_id).having(func.count() > 1)
    shared = select(p.contract_id).where(p.item_id.in_(shared_items))
    # Each is a join or one pass; one condition with OR would look into lists, loan by loan.
    found: CompoundSelect[Any] = union(
        _several(books, b.debtor_id, is_open, b.debtor_id != ""),
        _several(books, b.contract_id, is_open, b.contract_id.in_(select(p.contract_id))),
        select(b.loan_id, b.contract_id, b.debtor_id).where(is_open, b.contract_id.in_(shared)),
    )
    loans = connection.execute(found.order_by("loan_id")).all()
    contracts = {each.contract_id for each in loans} | set(connection.scalars(shared))
    ties = bulk.load(connection, pledges, "contract_id", contracts)
    batch: list[str] = []
    for group in together(loans, ties):
        batch += group
        if len(batch) >= BATCH_LOANS:
            yield batch
            batch = []
    if batch:
        yield batch


def _several(books: Table, of: Column[Any], *which: ColumnElement[bool]) -> Select[Any]:
    """Of the loans named those of which there are several of one debtor, or of one contract."""
    b = books.c
    count = func.count().over(partition_by=of).label("count")
    each = select(b.loan_id, b.contract_id, b.debtor_id, count).where(*which).subquery().c
    return select(each.loan_id, each.contract_id, each.debtor_id).where(each["count"] > 1)


def together(loans: Sequence[Any], ties: Sequence[Any]) -> Iterator[list[str]]:
    """The groups; loans have an id, a contract and a debtor, ties a contract and an item."""
    links: UnionFind[tuple[str, str]] = UnionFind()
    for tie in ties:
        links.union(("contract", tie.contract_id), ("item", tie.item_id))
    for loan in loans:
        links.union(("loan", loan.loan_id), ("contract", loan.contract_id))
        if loan.debtor_id:
            links.union(("loan", loan.loan_id), ("debtor", loan.debtor_id))
    groups: dict[tuple[str, str], list[str]] = {}
    for loan in loans:
        groups.setdefault(links["loan", loan.loan_id], []).append(loan.loan_id)
    yield from groups.values()
