"""Questions that the log itself answers, by folding one entity's facts."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from adapters.rpc.questions import At, identifier, known_position
from kernel.application.fold import Fold
from kernel.application.folds import BUSINESS_DATE, PAYMENT, PRODUCT
from kernel.business_date.events import ENTITY
from kernel.common.refusals import Kind, Refusal
from kernel.eventstore.log import Log
from kernel.payments.state import Phase
from kernel.payments.two_phase import require_payment
from kernel.projections.refusals import Unanswerable


class ProductNotFound(Refusal):
    """No such product at the position asked."""

    code = "PRODUCT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Product {product_id} is not known at position {known_at}."


class LogReads:
    """Products, payments and the business date as known at a position."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def product(self, message: Any, at: At) -> dict[str, Any]:
        """A product's versions; ``as_of`` is the day on which they are on sale or not."""
        product_id = identifier("product_id", message.product_id)
        known_at = known_position(self._log, at)
        state = folded(self._log, PRODUCT, product_id, known_at)
        if not state.versions:
            raise ProductNotFound(product_id=product_id, known_at=known_at)
        on = at.as_of or folded(self._log, BUSINESS_DATE, ENTITY.partition(":")[2], known_at).date
        return {
            "product_id": product_id,
            "known_at": known_at,
            "versions": [
                {
                    "version": number,
                    "terms": one.terms,
                    "drafted_by": one.drafted_by,
                    "effective_from": one.effective_from,
                    "is_withdrawn": one.is_withdrawn,
                    "is_on_sale": on is not None and one.is_on_sale(on),
                    "product_kind": one.product_kind,
                    "definition_json": msgspec.json.encode(one.definition).decode()
                    if one.product_kind
                    else None,
                }
                for number, one in state.versions.items()
            ],
        }

    def payment(self, message: Any, at: At) -> dict[str, Any]:
        """A payment and what became of it."""
        known_at = known_position(self._log, at)
        state = folded(self._log, PAYMENT, str(message.payment_id), known_at)
        require_payment(state, message.payment_id)
        in_two_phases = bool(state.hold_id)
        return {
            "payment_id": message.payment_id,
            "phase": state.phase.value,
            "booked_on": state.booked_on if state.legs else None,
            "legs": state.legs,
            "reserved_minor": state.reserved_minor if state.phase is Phase.RESERVED else 0,
            "reversed_at": state.reversed_at,
            "known_at": known_at,
            "reverses_payment_id": state.belongs_to,
            "payer_account_id": state.payer_account_id,
            "payee_account_id": state.payee_account_id,
            "currency": state.currency,
            "expires_on": state.expires_on if in_two_phases else None,
            "captured_minor": state.captured_minor,
            "released_minor": state.released_minor,
        }

    def business_date(self, message: Any, at: At) -> dict[str, Any]:
        """The business date; refuses Unanswerable before there is one."""
        known_at = known_position(self._log, at)
        state = folded(self._log, BUSINESS_DATE, ENTITY.partition(":")[2], known_at)
        if state.date is None:
            raise Unanswerable(question="The business date", asked=known_at, limit=0)
        return {"date": state.date, "first_date": state.first, "known_at": known_at}


def folded(log: Log, fold: Fold[Any], entity_id: str, known_at: int) -> Any:
    """The state of an entity up to the known position."""
    entity = f"{fold.kind}:{entity_id}"
    facts = log.history({entity: 0})[entity]
    if fold.born_at_position:
        facts = [*log.facts_at([int(entity_id)]), *facts]
    state = fold.initial
    for fact in facts:
        if fact.position <= known_at:
            state = fold.evolve(state, fact)
    return state


def business_date(log: Log, known_at: int) -> datetime.date:
    """The business date at the known position; refuses Unanswerable before there is one."""
    state = folded(log, BUSINESS_DATE, ENTITY.partition(":")[2], known_at)
    if state.date is None:
        raise Unanswerable(question="The business date", asked=known_at, limit=0)
    on: datetime.date = state.date
    return on
