"""What each cut measured of signed contracts that are not wholly drawn, part of the ledger's model.

Limits are kept as rows (conversion factor, end), so that a cut needs no log; they are the list of
all limits, too. ``commitment_measures`` says what stands: what was measured last of each contract
under which something may be drawn. ``commitment_losses`` has a row a change, at its cut.

Units: whole minor units of the contract's currency; basis points.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Table, delete, select

from kernel.bookkeeping.commitments import At
from kernel.common.facts import Event, Fact
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage, loss_table
from kernel.grading.policy import POLICY
from kernel.limits.events import LimitAdjusted, LimitOpened
from kernel.products.commands import ProductKind
from kernel.products.events import ProductDefined
from kernel.projections import bulk
from kernel.projections.loan_losses import LoanLosses
from kernel.projections.memo_books import MemoBooks, NotedContract
from kernel.projections.model import day, small, text, whole
from kernel.reporting.commitment_losses import (
    Commitment,
    CommitmentLoss,
    Owed,
    Worst,
    class_of,
    commitment_loss,
)

KINDS: tuple[type[Event], ...] = (LimitOpened, LimitAdjusted, ProductDefined)
"""The events that change a row of a limit or of a product."""
CONTRACTS_AT_ONCE = 1_000


class Line(msgspec.Struct, frozen=True):
    """What of a limit matters for what is undrawn under it."""

    factor_bp: int
    valid_until: datetime.date


def line_after(before: Line | None, event: Event) -> Line | None:
    """The line after an event of its limit."""
    if isinstance(event, LimitOpened):
        return Line(event.undrawn_ccf_bp, event.valid_until)
    if isinstance(event, LimitAdjusted) and before is not None:
        return msgspec.structs.replace(before, valid_until=event.valid_until)
    return before


def commitment_of(noted: NotedContract, lines: Mapping[str, Line], on: datetime.date) -> Commitment:
    """What a contract is committed to, as the measurement takes it."""
    state = noted.state
    line = lines.get(state.limit_path[0]) if state.limit_path else None
    return Commitment(
        undrawn_minor=noted.noted_minor,
        factor_bp=line.factor_bp if line else POLICY.value("commitment.factor_bp", on),
        until=line.valid_until if line else None,
        rate_ppm=state.annual_rate_ppm,
        share_ppm=state.partner.share_ppm if state.partner else 0,
    )


def place_of(noted: NotedContract) -> At:
    """Branch and currency of a contract."""
    application = noted.state.application
    assert application is not None
    return application.branch_id, application.currency


class Commitments:
    """Rows of limits, of loan products, and of what was measured of contracts."""

    def __init__(
        self, table: Callable[..., Table], memos: MemoBooks, books: Table, losses: LoanLosses
    ) -> None:
        self.memos, self.books, self.losses = memos, books, losses
        self.limits = table(
            "credit_lines", text("limit_id", key=True), small("factor_bp"), day("valid_until")
        )
        self.products = table(
            "loan_products",
            text("product_id", key=True),
            small("version", key=True),
            small("is_retail"),
        )
        self.last = table("commitment_measures", text("contract_id", key=True), *_measured())
        self.table = table(
            "commitment_losses",
            text("contract_id", key=True),
            whole("position", key=True),
            day("day"),
            text("branch_id"),
            text("product_id"),
            text("currency"),
            *_measured(),
        )

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Fold events of limits and of loan products into their rows."""
        events = [
            fact.event for fact in facts if isinstance(fact.event, LimitOpened | LimitAdjusted)
        ]
        lines: dict[str, Line | None] = dict(self.lines(connection, (e.limit_id for e in events)))
        for event in events:
            lines[event.limit_id] = line_after(lines.get(event.limit_id), event)
        rows = [(each, line.factor_bp, line.valid_until) for each, line in lines.items() if line]
        bulk.put(connection, self.limits, rows)
        products: dict[bulk.Row, int] = {}
        for fact in facts:
            made = fact.event
            if isinstance(made, ProductDefined) and made.product_kind is ProductKind.LOAN:
                is_retail = made.definition.get("is_retail", True)
                products[made.product_id, made.version] = int(is_retail)
        bulk.put(connection, self.products, [(*key, value) for key, value in products.items()])

    def lines(self, connection: Connection, limit_ids: Iterable[str]) -> dict[str, Line]:
        """These limits, by id."""
        rows = bulk.load(connection, self.limits, "limit_id", limit_ids)
        return {row.limit_id: Line(row.factor_bp, row.valid_until) for row in rows}

    def measure(
        self, connection: Connection, position: int, on: datetime.date, *, is_provided: bool
    ) -> dict[At, int]:
        """Measure what is undrawn at the cut at ``position``; by how much provisions changed.

        Expects that the loans are measured.
        """
        standing = set(connection.scalars(select(self.last.c.contract_id)))
        ids = sorted(self.memos.undrawn_ids(connection) | standing)
        changes: dict[At, int] = {}
        for begin in range(0, len(ids), CONTRACTS_AT_ONCE):
            page = ids[begin : begin + CONTRACTS_AT_ONCE]
            before = {
                row.contract_id: tuple(row)[1:]
                for row in bulk.load(connection, self.last, "contract_id", page)
            }
            contracts = self.memos.noted_contracts(connection, page)
            paths = (one.state.limit_path[:1] for one in contracts.values())
            lines = self.lines(connection, (each for path in paths for each in path))
            graded, made = self.classes(connection, contracts, on), dict[str, bulk.Row]()
            for contract_id, noted in contracts.items():
                one, was = commitment_of(noted, lines, on), before.get(contract_id)
                loss = commitment_loss(one, *graded[contract_id], on, loss_table(on))
                if not is_provided:
                    loss = msgspec.structs.replace(loss, provision_minor=0)
                now = _row(one, loss, on)
                at, minor = place_of(noted), was[_PROVISION] if was else 0
                changes[at] = changes.get(at, 0) + loss.provision_minor - minor
                if was != now:
                    made[contract_id] = now
            self._write(connection, contracts, made, position, on)
        return {at: minor for at, minor in changes.items() if minor}

    def classes(
        self, connection: Connection, contracts: Mapping[str, NotedContract], on: datetime.date
    ) -> dict[str, Worst]:
        """Class and stage of these contracts by the measures of their and their debtors' loans."""
        debtors = self._debtors(connection, contracts)
        b = self.books.c
        query = select(b.loan_id, b.contract_id, b.debtor_id).where(b.is_open == 1)
        own = query.where(b.contract_id.in_(contracts))
        others = query.where(b.debtor_id != "", b.debtor_id.in_(set(debtors.values())))
        loans = [*connection.execute(own), *connection.execute(others)]
        of_contract: dict[str, dict[str, Owed]] = {}
        of_debtor: dict[str, dict[str, Owed]] = {}
        measures = self.losses.measures(connection, (row.loan_id for row in loans))
        for row in loans:
            one = measures.get(row.loan_id)
            if one is not None and one.grade:
                owed = Owed(one.exposure_minor, Grade(one.grade), Stage(one.stage))
                of_contract.setdefault(row.contract_id, {})[row.loan_id] = owed
                of_debtor.setdefault(row.debtor_id, {})[row.loan_id] = owed
        return {
            each: class_of(
                of_contract.get(each, {}).values(),
                of_debtor.get(debtors.get(each, ""), {}).values() if each in debtors else (),
                on,
            )
            for each in contracts
        }

    def _debtors(
        self, connection: Connection, contracts: Mapping[str, NotedContract]
    ) -> dict[str, str]:
        """The debtors of these contracts, but those of retail products."""
        asked = {
            contract_id: one.state.application
            for contract_id, one in contracts.items()
            if one.state.application is not None
        }
        products = {each.product_id for each in asked.values()}
        rows = bulk.load(connection, self.products, "product_id", products)
        others = {(row.product_id, row.version) for row in rows if not row.is_retail}
        return {
            contract_id: each.customer_id
            for contract_id, each in asked.items()
            if (each.product_id, each.product_version) in others
        }

    def _write(
        self,
        connection: Connection,
        contracts: Mapping[str, NotedContract],
        made: Mapping[str, bulk.Row],
        position: int,
        on: datetime.date,
    ) -> None:
        """Keep what changed; a contract under which nothing may be drawn stands no longer."""
        rows: list[bulk.Row] = []
        for contract_id, now in made.items():
            application = contracts[contract_id].state.application
            assert application is not None
            branch_id, currency = place_of(contracts[contract_id])
            rows.append(
                (contract_id, position, on, branch_id, application.product_id, currency, *now)
            )
        bulk.insert(connection, self.table, rows)
        standing = [(each, *now) for each, now in made.items() if now[_UNDRAWN]]
        bulk.put(connection, self.last, standing)
        gone = [each for each, now in made.items() if not now[_UNDRAWN]]
        if gone:
            connection.execute(delete(self.last).where(self.last.c.contract_id.in_(gone)))


_UNDRAWN, _PROVISION = 0, 6


def _measured() -> list[Column[Any]]:
    """The columns of a measurement."""
    return [
        whole("undrawn_minor"), small("factor_bp"), small("grade"), small("stage"), small("years"),
        whole("exposure_minor"), whole("provision_minor"), text("table_id"),
    ]  # fmt: skip


def _row(one: Commitment, loss: CommitmentLoss, on: datetime.date) -> bulk.Row:
    return (
        one.undrawn_minor, one.factor_bp, int(loss.grade), int(loss.stage),
        loss.years, loss.exposure_minor, loss.provision_minor, loss_table(on).table_id,
    )  # fmt: skip
