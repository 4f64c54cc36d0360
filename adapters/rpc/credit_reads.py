"""Questions about limits and collateral, answered by the rules' own functions over past states."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import msgspec

from adapters.rpc.questions import At, identifier, known_position
from kernel.application.books import Books
from kernel.application.past import PastStates
from kernel.application.use_cases.security import index_value, secured
from kernel.collateral.coverage import Bound, LoanCover
from kernel.collateral.lending_value import lending_value
from kernel.collateral.margin import coverage_bp, coverage_status
from kernel.collateral.refusals import CollateralNotFound
from kernel.eventstore.log import Log
from kernel.limits.refusals import LimitNotFound
from kernel.limits.state import LimitState
from kernel.limits.tree import counted_minor
from kernel.loans.refusals import ContractNotFound
from kernel.projections.refusals import Unanswerable

CONTRACTS_MAX = 1_000


class Then(NamedTuple):
    """The books as they were, and the two clocks that they were opened for."""

    books: Books
    as_of: datetime.date
    known_at: int


class CreditReads:
    """Limits, items and coverage as known at a position, booked until a day."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def limit(self, message: Any, at: At) -> dict[str, Any]:
        """A limit with its path and the contracts that use it."""
        limit_id = identifier("limit_id", message.limit_id)
        then = self._then(at)
        state = then.books.limit(limit_id)
        if state.limit is None:
            raise LimitNotFound(limit_id=limit_id)
        path = [state, *(then.books.limit(above) for above in state.path[1:])]
        left = [(each.on_path.left_minor, each.on_path.limit.limit_id) for each in path]
        headroom_minor, binding_limit_id = min(left, key=lambda each: each[0])
        uses = sorted(state.each_tally(), key=lambda each: (each[1], each[0]))
        return {
            "limit_id": limit_id,
            "as_of": then.as_of,
            "known_at": then.known_at,
            "holder_kind": state.holder_kind,
            "holder_id": state.holder_id,
            "limit_kind": state.limit.kind.value,
            "currency": state.limit.currency,
            "undrawn_ccf_bp": state.limit.undrawn_ccf_bp,
            "utilisation_minor": state.used_minor,
            "headroom_minor": headroom_minor,
            "binding_limit_id": binding_limit_id,
            "path": [_on_path(each) for each in path],
            "contracts": [
                {
                    "limit_id": own,
                    "contract_id": contract_id,
                    **msgspec.structs.asdict(tally),
                    "counted_minor": counted_minor(tally, state.below[own], state.limit),
                }
                for own, contract_id, tally in uses[:CONTRACTS_MAX]
            ],
            "contract_count": len(uses),
        }

    def collateral(self, message: Any, at: At) -> dict[str, Any]:
        """An item with its value on the day."""
        item_id = identifier("item_id", message.item_id)
        then = self._then(at)
        state = then.books.collateral(item_id)
        if state.kind is None:
            raise CollateralNotFound(item_id=item_id)
        found = lending_value(state, index_value(state, then.books, then.as_of), then.as_of)
        return {
            "item_id": item_id,
            "as_of": then.as_of,
            "known_at": then.known_at,
            "collateral_kind": state.kind.value,
            "owner_id": state.owner_id,
            "currency": state.currency,
            "description": state.description,
            **msgspec.structs.asdict(found),
            "valuation": state.valuation,
            "pledges": state.pledges,
            "prior_claims": [
                {"creditor": who, "amount_minor": minor}
                for who, minor in sorted(state.prior_claims.items())
            ],
            "insurance": state.insurance,
            "land_contract": state.land_right,
            "custodian": state.custodian,
            "place": state.custody_place,
            "proceeds_minor": state.proceeds_minor,
        }

    def coverage(self, message: Any, at: At) -> dict[str, Any]:
        """How a contract is covered, with everything that hangs together with it."""
        contract_id = identifier("contract_id", message.contract_id)
        then = self._then(at)
        if then.books.contract(contract_id).application is None:
            raise ContractNotFound(contract_id=contract_id)
        found = secured(contract_id, then.books, then.as_of)
        made = found.allocation()
        cover, security = made.loan(contract_id), then.books.security(contract_id)
        why = {
            item_id: lending_value(state, index_value(state, then.books, then.as_of), then.as_of)
            for item_id, state in found.states.items()
        }
        return {
            "contract_id": contract_id,
            "as_of": then.as_of,
            "known_at": then.known_at,
            "cover": _cover(cover),
            "coverage_bp": coverage_bp(cover),
            "status": coverage_status(cover, then.as_of).value,
            "lines": [_of_contract(line) for line in made.lines],
            "items": [
                {
                    **msgspec.structs.asdict(each),
                    "left_minor": each.left_minor,
                    "why": why[each.item_id].why.value,
                }
                for each in made.items
            ],
            "contracts": [_cover(each) for each in made.loans],
            "bound": _bound(made.bound),
            "call_due_on": security.call_due_on,
            "steps": security.steps,
        }

    def _then(self, at: At) -> Then:
        """The books for both clocks; ``as_of`` absent is the business date then.

        Refuses Unanswerable for a day before the first business date or behind the open one.
        """
        known_at = known_position(self._log, at)
        dates = Books(PastStates(self._log, known_at)).business_date()
        if dates.date is None or dates.first is None:
            raise Unanswerable(question="A day before the bank opened", asked=known_at, limit=0)
        as_of = at.as_of or dates.date
        if not dates.first <= as_of <= dates.date:
            limit = dates.date if as_of > dates.date else dates.first
            raise Unanswerable(
                question="A day that the bank was not open on", asked=str(as_of), limit=str(limit)
            )
        return Then(Books(PastStates(self._log, known_at, as_of)), as_of, known_at)


def _on_path(state: LimitState) -> dict[str, Any]:
    on_path = state.on_path
    return {
        "limit_id": on_path.limit.limit_id,
        "amount_minor": on_path.limit.amount_minor,
        "utilisation_minor": on_path.used_minor,
        "left_minor": on_path.left_minor,
        "valid_from": on_path.limit.valid_from,
        "valid_until": on_path.limit.valid_until,
        "freezes": state.freezes,
        "is_closed": state.is_closed,
    }


def _of_contract(value: Any) -> dict[str, Any]:
    """What the allocation says of a loan, said of the contract that stands in its place."""
    fields = msgspec.structs.asdict(value)
    return {"contract_id": fields.pop("loan_id"), **fields}


def _cover(cover: LoanCover) -> dict[str, Any]:
    return {**_of_contract(cover), "shortfall_minor": cover.shortfall_minor}


def _bound(bound: Bound) -> dict[str, Any]:
    names = ("item_id", "contract_id", "rank")
    return {
        "item_ids": bound.item_ids,
        "contract_ids": bound.loan_ids,
        "pledges": [dict(zip(names, each, strict=True)) for each in bound.pledges],
    }
