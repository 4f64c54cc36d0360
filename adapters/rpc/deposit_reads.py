"""Questions about deposits and interest, answered by folding the log.

Units: whole minor units, rates in ppm a year.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from adapters.rpc.log_reads import business_date, folded
from adapters.rpc.questions import At, identifier, known_position
from kernel.application.folds import DEPOSIT, DEPOSIT_RATES, INTEREST, PRODUCT
from kernel.common.fields import CurrencyCode
from kernel.common.refusals import InvalidInput
from kernel.deposits import notice_rules, term_rules
from kernel.deposits.balance_days import settlement_days
from kernel.deposits.fixed import Interest
from kernel.deposits.interest import DAY, InterestState, corrections, open_periods, unsettled_minor
from kernel.deposits.interest_rules import require_demand
from kernel.deposits.rates import RatesState, demand_rates
from kernel.deposits.refusals import DepositNotFound
from kernel.deposits.state import DepositKind, DepositState, DepositStatus
from kernel.eventstore.log import Log
from kernel.products.state import ProductState
from kernel.projections.refusals import Unanswerable


class DepositReads:
    """Deposits, listed rates and interest as known at a position."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def deposit(self, message: Any, at: At) -> dict[str, Any]:
        """A deposit, and the interest of a withdrawal in whole on the day asked."""
        deposit_id = identifier("deposit_id", message.deposit_id)
        known_at = known_position(self._log, at)
        state: DepositState = folded(self._log, DEPOSIT, deposit_id, known_at)
        if not state.exists:
            raise DepositNotFound(deposit_id=deposit_id)
        on = at.as_of or business_date(self._log, known_at)
        if on < state.opened_on:
            raise Unanswerable(question="The deposit", asked=str(on), limit=str(state.opened_on))
        pieces = self._pieces(state, on, known_at)
        is_term = state.kind is DepositKind.TERM
        return {
            **{name: getattr(state, name) for name in _COMMON},
            "known_at": known_at,
            "as_of": on,
            "kind": state.kind.value,
            "status": state.status.value,
            "term_months": state.term_months if is_term else None,
            "matures_on": state.matures_on if is_term else None,
            "at_maturity": state.at_maturity.value if is_term else None,
            "notice_days": None if is_term else state.notice_days,
            "notices": [
                {"notice_id": notice_id, **msgspec.structs.asdict(notice)}
                for notice_id, notice in state.notices.items()
            ],
            "interest_minor": sum(piece.interest_minor for piece in pieces),
            "pieces": pieces,
        }

    def _pieces(
        self, state: DepositState, on: datetime.date, known_at: int
    ) -> tuple[Interest, ...]:
        if state.status is not DepositStatus.OPEN:
            return ()
        rates: RatesState = folded(self._log, DEPOSIT_RATES, state.currency, known_at)
        if state.kind is DepositKind.TERM:
            return term_rules.interest_of(state, state.principal_minor, on, rates)
        return notice_rules.interest_of(state, state.principal_minor, on, rates)[0]

    def rates(self, message: Any, at: At) -> dict[str, Any]:
        """Listed rates in force on the day asked."""
        try:
            currency = msgspec.convert(message.currency, CurrencyCode)
        except msgspec.ValidationError as error:
            raise InvalidInput(("currency", str(error))) from None
        known_at = known_position(self._log, at)
        on = at.as_of or business_date(self._log, known_at)
        state: RatesState = folded(self._log, DEPOSIT_RATES, currency, known_at)
        found = []
        for name, rates in sorted(state.listed.items()):
            line, _, tenor = name.partition(".")
            since = max((day for day in rates if day <= on), default=None)
            if since is not None:
                found.append(
                    {
                        "line": line,
                        "tenor": int(tenor),
                        "annual_rate_ppm": rates[since],
                        "effective_from": since,
                    }
                )
        return {"currency": currency, "known_at": known_at, "as_of": on, "rates": found}

    def interest(self, message: Any, at: At) -> dict[str, Any]:
        """Interest of a current account to the end of the day asked."""
        account_id = identifier("account_id", message.account_id)
        known_at = known_position(self._log, at)
        state: InterestState = folded(self._log, INTEREST, account_id, known_at)
        require_demand(state, account_id)
        on = at.as_of or business_date(self._log, known_at)
        if on < state.open_from - DAY:
            raise Unanswerable(question="Interest", asked=str(on), limit=str(state.open_from))
        product: ProductState = folded(self._log, PRODUCT, state.product_id, known_at)
        version = product.versions.get(state.product_version)
        terms = version.terms if version is not None else None
        listed: RatesState = folded(self._log, DEPOSIT_RATES, state.currency, known_at)
        rates = demand_rates(listed, terms.annual_rate_ppm if terms else 0)
        return {
            "account_id": account_id,
            "known_at": known_at,
            "as_of": on,
            "settled_on": state.settled_to - DAY if state.settled_to else None,
            "settled_minor": state.settled_minor,
            "unsettled_minor": unsettled_minor(state, on, rates),
            "carried_minor": state.carried_minor,
            "next_settlement_on": settlement_days(state.open_from, on + 100 * DAY)[0],
            "periods": open_periods(state, on, rates),
            "corrections": corrections(state),
        }


_COMMON = (
    "deposit_id",
    "account_id",
    "customer_id",
    "product_id",
    "product_version",
    "currency",
    "principal_minor",
    "opened_on",
    "annual_rate_ppm",
    "rollover_number",
)
