"""Which loans are measured together: those of one debtor, and of contracts that share collateral.

Nearly all loans stand alone; only the others are read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from networkx.utils import UnionFind
from sqlalchemy import Connection, Table, func, or_, select

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
    many = select(b.contract_id).where(is_open).group_by(b.contract_id).having(func.count() > 1)
    debtors = (
        select(b.debtor_id)
        .where(is_open, b.debtor_id != "")
        .group_by(b.debtor_id)
        .having(func.count() > 1)
    )
    of_pools = or_(
        b.contract_id.in_(shared),
        b.contract_id.in_(many) & b.contract_id.in_(select(p.contract_id)),
    )
    query = select(b.loan_id, b.contract_id, b.debtor_id)
    loans = connection.execute(
        query.where(is_open, or_(b.debtor_id.in_(debtors), of_pools)).order_by(b.loan_id)
    ).all()
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
