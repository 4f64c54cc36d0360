"""Which floating loans of a chunk are repriced on the days that begin after a close.

The columns say which loans float and since when, so only those on whose day of the month it falls
are folded; the product that a loan pinned says the cycle.

Units: days are ordinals.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import reduce

import numpy as np

from kernel.application.folds import PRODUCT
from kernel.close.accounts import Ask
from kernel.close.classes import states_of
from kernel.close.tables import Cut
from kernel.common.refusals import Refusal
from kernel.eventstore.log import Log
from kernel.loans.columns import Ints
from kernel.loans.product import LoanProduct, loan_product
from kernel.loans.repricing import Published, RepricedOn, repricings
from kernel.loans.state import LoanState
from kernel.products.commands import ProductKind
from kernel.products.rules import definition_of, require_version
from kernel.projections.outlooks import Chunk

REPRICE = "RepriceLoan"
_ANY = (Published(published_on=datetime.date.min, rate_ppm=0),)


def asks(log: Log, chunk: Chunk, cut: Cut, until: datetime.date) -> list[Ask]:
    """A command for each loan and repricing day after the cut up to ``until``. Raises LogError."""
    days = [
        datetime.date.fromordinal(day)
        for day in range(cut.date.toordinal() + 1, until.toordinal() + 1)
    ]
    since = chunk.columns.column("floats_from")
    places = sorted({place for day in days for place in _candidates(since, day)})
    products: dict[tuple[str, int], LoanProduct | None] = {}
    made: list[Ask] = []
    for _, state in states_of(log, chunk, places, cut.position):
        key = state.product_id, state.product_version
        if key not in products:
            products[key] = _product(log, *key)
        if (product := products[key]) is not None:
            made += [_ask(state, day) for day in days if _is_repriced(state, product, day)]
    return made


def _candidates(since: Ints, day: datetime.date) -> Iterable[int]:
    """Places of the loans that may be repriced: on a first of a month, or on their own day."""
    is_last = (day + datetime.timedelta(days=1)).day == 1
    found: list[int] = []
    for place in np.flatnonzero((since > 0) & (since < day.toordinal())).tolist():
        own = datetime.date.fromordinal(int(since[place])).day
        if day.day in (1, own) or (is_last and own > day.day):
            found.append(place)
    return found


def _product(log: Log, product_id: str, version: int) -> LoanProduct | None:
    """The version that a loan pinned; None where there is no such loan product."""
    entity = f"product:{product_id}"
    state = reduce(PRODUCT.evolve, log.history({entity: 0}).get(entity, ()), PRODUCT.initial)
    try:
        found = require_version(state, product_id, version)
        return loan_product(definition_of(found, product_id, ProductKind.LOAN))
    except Refusal:
        return None


def _is_repriced(state: LoanState, product: LoanProduct, day: datetime.date) -> bool:
    days = repricings(
        _ANY,
        start=state.loan_terms.start_date,
        until=day,
        spread_ppm=0,
        on=RepricedOn(product.repricing),
        cycle_months=product.repricing_months,
    )
    return bool(days) and days[-1].value_date == day


def _ask(state: LoanState, day: datetime.date) -> Ask:
    fields = {"loan_id": state.loan_id, "value_date": day}
    return Ask(REPRICE, f"{state.loan_id}@{day}@reprice", fields)
