"""Read model of customers, in versions: each version holds until the next one of the customer.

Units: none. Only what a customer position shows is kept: name, kind, level, branch, standing.
"""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, Index

from kernel.common.facts import Fact
from kernel.common.people import IdentificationLevel
from kernel.customers.events import (
    CustomerIdentified,
    CustomerRegistered,
    CustomersMerged,
    CustomerUpdated,
)
from kernel.projections import bulk
from kernel.projections.model import Model, day, text, whole
from kernel.projections.round import Facts


class _Customer(msgspec.Struct, frozen=True):
    """One version of a customer; fields stand as the columns do."""

    customer_id: str
    position: int
    day: datetime.date
    kind: str
    name: str
    branch_id: str
    level: str
    merged_into: str | None


class Customers(Model):
    """One row per customer and change; ``merged_into`` is set when another customer took over."""

    name = "customers"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.versions = self._table(
            "customer_versions",
            text("customer_id", key=True),
            whole("position", key=True),
            day("day"),
            text("kind"),
            text("name"),
            text("branch_id"),
            text("level"),
            text("merged_into", optional=True),
        )
        Index(f"{prefix}customer_versions_merged", self.versions.c.merged_into)

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Insert a version for each change of a customer."""
        concerned = facts.of(
            CustomerRegistered, CustomerIdentified, CustomerUpdated, CustomersMerged
        )
        if not concerned:
            return
        wanted = [fact.event.customer_id for fact in concerned]  # type: ignore[attr-defined]
        found = bulk.load(connection, self.versions, "customer_id", wanted)
        versions = sorted((_Customer(*row) for row in found), key=lambda one: one.position)
        latest = {one.customer_id: one for one in versions}
        rows: list[bulk.Row] = []
        for fact in concerned:
            version = _next_version(latest, fact)
            latest[version.customer_id] = version
            rows.append(msgspec.structs.astuple(version))
        bulk.insert(connection, self.versions, rows)


def _next_version(latest: dict[str, _Customer], fact: Fact) -> _Customer:
    event = fact.event
    where = {"position": fact.position, "day": fact.booking_date}
    match event:
        case CustomerRegistered():
            return _Customer(
                customer_id=event.customer_id,
                position=fact.position,
                day=fact.booking_date,
                kind=str(event.kind),
                name=event.name,
                branch_id=event.branch_id,
                level=str(IdentificationLevel.REGISTERED),
                merged_into=None,
            )
        case CustomerIdentified():
            return msgspec.structs.replace(
                latest[event.customer_id], **where, level=str(event.level)
            )
        case CustomerUpdated():
            old = latest[event.customer_id]
            name = old.name if event.name is None else event.name
            return msgspec.structs.replace(old, **where, name=name)
        case CustomersMerged():
            return msgspec.structs.replace(
                latest[event.customer_id], **where, merged_into=event.into_customer_id
            )
    raise TypeError(f"{type(event).__name__} changes no customer")
