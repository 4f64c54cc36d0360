"""What cuts measured of commitments not drawn, on a day, and which limits there are.

Units: whole minor units; basis points.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import func, select

from kernel.projections.queries.reading import View


def commitments_on(view: View, on: datetime.date) -> list[Any]:
    """What the last cut of the days up to ``on`` measured of each contract, rows as they stand in
    ``commitment_losses``."""
    table = view.models.ledger.loans.commitments.table
    c = table.c
    known = select(c.contract_id, func.max(c.position).label("position"))
    known = known.where(c.position <= view.known_at, c.day <= on).group_by(c.contract_id)
    last = known.subquery()
    is_last = (last.c.contract_id == c.contract_id) & (last.c.position == c.position)
    query = select(table).join(last, is_last).order_by(c.contract_id)
    return list(view.connection.execute(query))


def limit_ids(view: View) -> list[str]:
    """Every limit that was ever opened, by id; those that came after ``known_at``, too."""
    limits = view.models.ledger.loans.commitments.limits.c
    return list(view.connection.scalars(select(limits.limit_id).order_by(limits.limit_id)))
