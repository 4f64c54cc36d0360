"""Questions about contracts, loans and rate indices, answered by folding their facts.

``known_at`` bounds the facts, ``as_of`` the value date: together they say how a loan stood on a day
by what was known then. Units: whole minor units, rates in ppm (ppb where said).
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from adapters.rpc.log_reads import business_date, folded
from adapters.rpc.questions import At, identifier, known_position
from kernel.application.folds import CONTRACT, INDEX, LOAN, PRODUCT
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.eventstore.log import Log
from kernel.loans.colending import partner_position_minor
from kernel.loans.contract_rules import require_within_product
from kernel.loans.contract_state import ContractStatus
from kernel.loans.costs import all_in_apr_ppm
from kernel.loans.fold import quote
from kernel.loans.guarantees import claims, guarantors
from kernel.loans.product import LoanProduct, faults, loan_product
from kernel.loans.refusals import ContractNotFound
from kernel.loans.shared_rules import require_loan, require_since_start
from kernel.loans.standing import Allocation, Instalment, Standing
from kernel.loans.state import LoanState, standing_of
from kernel.loans.subsidies import open_minor
from kernel.products.commands import ProductKind
from kernel.products.rules import definition_of, version_on_sale
from kernel.projections.refusals import Unanswerable
from kernel.rates.rules import require_index

LINE = [
    "number",
    "from_date",
    "due_date",
    "principal_minor",
    "interest_minor",
    "fee_minor",
    "penalty_minor",
    "compound_minor",
    "total_minor",
    "paid_minor",
    "waived_minor",
    "outstanding_minor",
    "balance_minor",
    "is_due",
]


class LoanReads:
    """Contracts, loans and indices as known at a position."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def quote_loan(self, message: Any, at: At) -> dict[str, Any]:
        """The schedule and cost of a loan under a product on sale."""
        product_id = identifier("product_id", message.product_id)
        known_at = known_position(self._log, at)
        start = at.as_of or business_date(self._log, known_at)
        asked = message.product_version if message.HasField("product_version") else None
        state = folded(self._log, PRODUCT, product_id, known_at)
        moment = Moment(booking_date=start, value_date=start, position=known_at, principal="")
        version, found = version_on_sale(state, product_id, asked, moment)
        product = loan_product(definition_of(found, product_id, ProductKind.LOAN))
        require_within_product(
            product, message.amount_minor, message.instalments, message.annual_rate_ppm
        )
        return {
            "product_id": product_id,
            "product_version": version,
            "currency": product.currency,
            "as_of": start,
            "known_at": known_at,
            **_quoted(product, message, start),
        }

    def loan(self, message: Any, at: At) -> dict[str, Any]:
        """How a loan stands at the end of a day that has come."""
        state, found, known_at = self._standing(message, at)
        today = business_date(self._log, known_at)
        if found.as_of > today:
            raise Unanswerable(
                question="A loan after the business date", asked=str(found.as_of), limit=str(today)
            )
        position_of = {each.event.event_id: each.position for each in state.entries}
        partner = state.partner
        return {
            "loan_id": state.loan_id,
            "contract_id": state.contract_id,
            "as_of": found.as_of,
            "known_at": known_at,
            "currency": state.currency,
            "customer_ids": state.customer_ids,
            "debit_account_id": state.debit_account_id,
            "product_id": state.product_id,
            "product_version": state.product_version,
            "status": found.status.value,
            "annual_rate_ppb": found.annual_rate_ppb,
            "disbursed_minor": found.disbursed_minor,
            "normal_principal_minor": found.normal_minor,
            "overdue_principal_minor": found.overdue_minor,
            "due": found.due,
            "accrued_interest_minor": found.accrued_interest_minor,
            "unapplied_minor": found.unapplied_minor,
            "payoff_minor": found.payoff_minor,
            "days_past_due": found.days_past_due,
            "past_due_since": found.past_due_since,
            "next_due_date": found.next_due_date,
            "next_due_minor": found.next_due_minor,
            "observed_since": state.observed_since,
            "schedule": [_line(each) for each in found.instalments],
            "allocations": [_allocation(each, position_of) for each in found.allocations],
            "partner_id": partner.partner_id if partner else None,
            "partner_share_ppm": partner.share_ppm if partner else None,
            "partner_open_minor": partner_position_minor(found, partner)
            - state.partner_settled_minor,
            "index_id": state.index_id or None,
            "spread_ppm": state.spread_ppm if state.index_id else None,
            "refinances": state.refinances or None,
            "guarantor_claims": [
                {"guarantor_id": one, "paid_minor": minor}
                for one, minor in claims(state, found.as_of).items()
            ],
            "subsidy_open_minor": open_minor(state, found.as_of),
        }

    def payoff(self, message: Any, at: At) -> dict[str, Any]:
        """What pays a loan off on a day, also one to come."""
        state, found, known_at = self._standing(message, at)
        claims = found.normal_minor + found.due.total_minor + found.accrued_interest_minor
        return {
            "loan_id": state.loan_id,
            "as_of": found.as_of,
            "known_at": known_at,
            "payoff_minor": found.payoff_minor,
            "normal_principal_minor": found.normal_minor,
            "due": found.due,
            "accrued_interest_minor": found.accrued_interest_minor,
            "unapplied_minor": found.unapplied_minor,
            "fees_minor": max(0, found.payoff_minor + found.unapplied_minor - claims),
        }

    def contract(self, message: Any, at: At) -> dict[str, Any]:
        """A credit contract."""
        contract_id = identifier("contract_id", message.contract_id)
        known_at = known_position(self._log, at)
        state = folded(self._log, CONTRACT, contract_id, known_at)
        if state.status is ContractStatus.NONE:
            raise ContractNotFound(contract_id=contract_id)
        application, partner = state.application, state.partner
        expires = state.offer_expires_on
        return {
            "contract_id": contract_id,
            "known_at": known_at,
            "status": state.status.value,
            "customer_id": application.customer_id if application else None,
            "product_id": application.product_id if application else None,
            "product_version": application.product_version if application else None,
            "amount_minor": state.amount_minor,
            "currency": application.currency if application else None,
            "annual_rate_ppm": state.annual_rate_ppm,
            "instalments": state.instalments,
            "drawn_minor": state.drawn_minor,
            "outstanding_minor": state.outstanding_minor,
            "limit_path": state.limit_path,
            "loan_ids": state.loan_ids,
            "offer_expires_on": None if expires == datetime.date.min else expires,
            "partner_id": partner.partner_id if partner else None,
            "partner_share_ppm": partner.share_ppm if partner else None,
            "guarantors": [
                {"guarantor_id": one, "max_minor": most} for one, most in guarantors(state).items()
            ],
        }

    def index(self, message: Any, at: At) -> dict[str, Any]:
        """A rate index on a day."""
        index_id = identifier("index_id", message.index_id)
        known_at = known_position(self._log, at)
        state = folded(self._log, INDEX, index_id, known_at)
        require_index(state, index_id)
        on = at.as_of or business_date(self._log, known_at)
        known = [each for each in state.publications if each.published_on <= on]
        return {
            "index_id": index_id,
            "as_of": on,
            "known_at": known_at,
            "rate_ppm": known[-1].rate_ppm if known else None,
            "publications": known,
        }

    def _standing(self, message: Any, at: At) -> tuple[LoanState, Standing, int]:
        loan_id = identifier("loan_id", message.loan_id)
        known_at = known_position(self._log, at)
        state = folded(self._log, LOAN, loan_id, known_at)
        require_loan(state, loan_id)
        on = at.as_of or business_date(self._log, known_at)
        require_since_start(state, on)
        return state, standing_of(state, on), known_at


def _quoted(product: LoanProduct, message: Any, start: datetime.date) -> dict[str, Any]:
    try:
        terms = product.loan_terms(
            principal_minor=message.amount_minor,
            instalments=message.instalments,
            annual_rate_ppm=message.annual_rate_ppm,
            start_date=start,
            due_day=message.due_day if message.HasField("due_day") else None,
        )
    except ValidationError as error:
        raise InvalidInput(*faults(error, "$")) from None
    found = quote(terms)
    asked = sum(line.total_minor - line.principal_minor for line in found.instalments)
    return {
        "all_in_ppm": all_in_apr_ppm(terms, found),
        "total_cost_minor": asked,
        "schedule": [_line(each) for each in found.instalments],
    }


def _line(line: Instalment) -> dict[str, Any]:
    return {name: getattr(line, name) for name in LINE}


def _allocation(line: Allocation, position_of: dict[str, int]) -> dict[str, Any]:
    values = msgspec.structs.asdict(line)
    return {"position": position_of.get(values.pop("event_id"), 0), **values}
