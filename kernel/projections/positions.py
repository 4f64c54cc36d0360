"""Where each read model stands in the log, whether it runs, and the alarms that were raised.

These two tables are the follower's own and are not rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, MetaData, Table, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.projections.model import text, whole

METADATA = MetaData()

PROJECTIONS = Table(
    "projections",
    METADATA,
    text("model", key=True),
    whole("position"),
    text("status"),
    whole("failed_position", optional=True),
    text("error"),
)

ALARMS = Table(
    "alarms",
    METADATA,
    text("check_name", key=True),
    text("subject", key=True),
    text("figures"),
    whole("first_position"),
    whole("last_position"),
)


class Status(StrEnum):
    """Whether a read model follows the log; it stops at a fact that it cannot take."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class Standing(msgspec.Struct, frozen=True):
    """How one read model stands: it holds every fact up to ``position``.

    When stopped, ``failed_position`` is the fact that it could not take and ``error`` says why.
    """

    model: str
    position: int
    status: Status
    failed_position: int | None
    error: str


def not_begun(key: str) -> Standing:
    """A model that holds nothing yet."""
    return Standing(key, 0, Status.RUNNING, None, "")


class Difference(msgspec.Struct, frozen=True):
    """One thing that does not add up: which check, about what, and the figures."""

    check: str
    subject: str
    figures: str


def enrol(connection: Connection, keys: Iterable[str]) -> None:
    """Give each model a row at position 0, where it has none."""
    rows = [
        {"model": key, "position": 0, "status": Status.RUNNING.value, "error": ""}
        for key in sorted(keys)
    ]
    connection.execute(insert(PROJECTIONS).values(rows).on_conflict_do_nothing())


def standings(
    connection: Connection, keys: Iterable[str] | None = None, *, locked: bool = False
) -> dict[str, Standing]:
    """How the models stand, by key; ``locked`` holds their rows until the transaction ends."""
    query = select(PROJECTIONS).order_by(PROJECTIONS.c.model)
    if keys is not None:
        query = query.where(PROJECTIONS.c.model.in_(sorted(keys)))
    if locked:
        query = query.with_for_update()
    return {
        row.model: Standing(
            row.model, row.position, Status(row.status), row.failed_position, row.error
        )
        for row in connection.execute(query)
    }


def move(connection: Connection, keys: Sequence[str], position: int) -> None:
    """Note that the models hold every fact up to ``position``."""
    connection.execute(
        update(PROJECTIONS).where(PROJECTIONS.c.model.in_(keys)).values(position=position)
    )


def stop(connection: Connection, key: str, failed_position: int, error: str) -> None:
    """Note that the model could not take the fact at ``failed_position``."""
    connection.execute(
        update(PROJECTIONS)
        .where(PROJECTIONS.c.model == key)
        .values(status=Status.STOPPED.value, failed_position=failed_position, error=error)
    )


def resume(connection: Connection, key: str) -> None:
    """Let a stopped model try again; the operator's word after the cause was removed."""
    connection.execute(
        update(PROJECTIONS)
        .where(PROJECTIONS.c.model == key)
        .values(status=Status.RUNNING.value, failed_position=None, error="")
    )


def raise_alarms(
    connection: Connection, differences: Sequence[Difference], position: int
) -> list[Difference]:
    """Keep the differences; those come back that are new or whose figures changed."""
    fresh: list[Difference] = []
    for one in differences:
        statement = insert(ALARMS).values(
            check_name=one.check,
            subject=one.subject,
            figures=one.figures,
            first_position=position,
            last_position=position,
        )
        statement = statement.on_conflict_do_update(
            index_elements=[ALARMS.c.check_name, ALARMS.c.subject],
            set_={"figures": one.figures, "last_position": position},
            where=ALARMS.c.figures != one.figures,
        )
        if connection.execute(statement.returning(ALARMS.c.subject)).first() is not None:
            fresh.append(one)
    return fresh


def alarms(connection: Connection) -> list[Difference]:
    """Every alarm ever raised, by check and subject."""
    query = select(ALARMS).order_by(ALARMS.c.check_name, ALARMS.c.subject)
    return [
        Difference(row.check_name, row.subject, row.figures) for row in connection.execute(query)
    ]
