"""What cuts measured of commitments not drawn, on a day, and which limits there are.

Units: whole minor units; basis points.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import select

from kernel.projections.queries.reading import View


def commitments_on(view: View, on: datetime.date) -> list[Any]:
    """What the last cut of the days up to ``on`` measured of each contract, rows as they stand in
    ``commitment_losses``."""
    commitments = view.models.ledger.loans.commitments
    c = commitments.table.c
    return commitments.known(view.connection, c.position <= view.known_at, c.day <= on)


def limit_ids(view: View) -> list[str]:
    """Every limit that was ever opened, by id; those that came after ``known_at``, too."""
    limits = view.models.ledger.loans.commitments.limits.c
    return list(view.connection.scalars(select(limits.limit_id).order_by(limits.limit_id)))
