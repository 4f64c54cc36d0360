"""Rows of the restraints on accounts, in versions: each holds until the next one.

Units: whole minor units of the account's currency; no amount means the whole account.
Part of the read model of accounts.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Table

from kernel.accounts.events import RestraintLifted, RestraintPlaced, RestraintRenewed
from kernel.common.facts import Fact
from kernel.projections import bulk
from kernel.projections.model import day, text, whole
from kernel.projections.round import Facts


class _Restraint(msgspec.Struct, frozen=True):
    """One version of a restraint; fields stand as the columns do."""

    account_id: str
    restraint_id: str
    position: int
    day: datetime.date
    kind: str
    authority: str
    notice_number: str
    direction: str
    amount_minor: int | None
    expires_on: datetime.date | None
    placed_on: datetime.date
    placed_by: str
    lifted_on: datetime.date | None


class RestraintRows:
    """Table ``restraint_versions`` and how facts are written into it."""

    def __init__(self, table: Callable[..., Table]) -> None:
        self.versions = table(
            "restraint_versions",
            text("account_id", key=True),
            text("restraint_id", key=True),
            whole("position", key=True),
            day("day"),
            text("kind"),
            text("authority"),
            text("notice_number"),
            text("direction"),
            whole("amount_minor", optional=True),
            day("expires_on", optional=True),
            day("placed_on"),
            text("placed_by"),
            day("lifted_on", optional=True),
        )

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert a version for each restraint placed, renewed or lifted."""
        concerned = facts.of(RestraintPlaced, RestraintRenewed, RestraintLifted)
        if not concerned:
            return
        latest = self._latest(connection, concerned)
        rows: list[bulk.Row] = []
        for fact in concerned:
            version = _next_version(latest, fact)
            latest[version.account_id, version.restraint_id] = version
            rows.append(msgspec.structs.astuple(version))
        bulk.insert(connection, self.versions, rows)

    def _latest(
        self, connection: Connection, facts: Sequence[Fact]
    ) -> dict[tuple[str, str], _Restraint]:
        accounts = {fact.event.account_id for fact in facts}  # type: ignore[attr-defined]
        found = bulk.load(connection, self.versions, "account_id", accounts)
        versions = sorted((_Restraint(*row) for row in found), key=lambda one: one.position)
        return {(one.account_id, one.restraint_id): one for one in versions}


def _next_version(latest: dict[tuple[str, str], _Restraint], fact: Fact) -> _Restraint:
    event = fact.event
    match event:
        case RestraintPlaced():
            return _Restraint(
                account_id=event.account_id,
                restraint_id=event.restraint_id,
                position=fact.position,
                day=fact.booking_date,
                kind=str(event.kind),
                authority=event.authority,
                notice_number=event.notice_number,
                direction=str(event.direction),
                amount_minor=event.amount_minor,
                expires_on=event.expires_on,
                placed_on=event.placed_on,
                placed_by=event.placed_by,
                lifted_on=None,
            )
        case RestraintRenewed():
            return msgspec.structs.replace(
                latest[event.account_id, event.restraint_id],
                position=fact.position,
                day=fact.booking_date,
                notice_number=event.notice_number,
                expires_on=event.expires_on,
            )
        case RestraintLifted():
            return msgspec.structs.replace(
                latest[event.account_id, event.restraint_id],
                position=fact.position,
                day=fact.booking_date,
                lifted_on=fact.booking_date,
            )
    raise TypeError(f"{type(event).__name__} is no event of a restraint")
