"""Facts of loans for tests: a day book that opens accounts, lends, and lets business days pass."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.common.facts import Event, Fact
from kernel.common.legs import InternalAccount, Leg, internal
from kernel.loans.contract_events import Share
from kernel.loans.events import Drawn, LoanEntryReversed, Recovered, Repaid
from kernel.loans.product import stored_terms
from kernel.loans.state import entry_id
from kernel.loans.terms import LoanTerms
from tests.support.bank_facts import deposited, fact, opened

FIRST = datetime.date(2026, 1, 10)
CASH = internal(InternalAccount.CASH, "0755")


def terms(start: datetime.date = FIRST, **fields: Any) -> LoanTerms:
    """120,000.00 at 12 % over twelve months in equal parts of principal, by 30/360."""
    usual: dict[str, Any] = {
        "principal_minor": 12_000_000,
        "currency": "CNY",
        "annual_rate_ppm": 120_000,
        "method": "equal_principal",
        "instalments": 12,
        "start_date": start,
        "penalty": {"multiplier_ppm": 1_500_000, "compound": "penalty"},
        "prepayment": {"option": "shorten_term"},
    }
    return LoanTerms.model_validate({**usual, **fields})


class DayBook:
    """Facts in the order of arrival; ``today`` is the open business date."""

    def __init__(self, today: datetime.date = FIRST) -> None:
        self.today = today
        self.facts: list[Fact] = []
        self.add(BusinessDateOpened(date=today))
        self.add(opened("A-1"))
        self.add(deposited("A-1", 100_000_000))

    def add(
        self, event: Event, value_date: datetime.date | None = None, command_id: str = ""
    ) -> Fact:
        """The event, booked today; the command id makes the same entry in any order."""
        made = fact(event, len(self.facts) + 1, self.today, value_date)
        if command_id:
            made = type(made)(**{**_fields(made), "command_id": command_id})
        self.facts.append(made)
        return made

    def pass_days(self, until: datetime.date) -> None:
        """Close each business day up to the one that is then open."""
        while self.today < until:
            following = self.today + datetime.timedelta(1)
            self.add(BusinessDateAdvanced(date=following, previous=self.today))
            self.today = following

    def draw(
        self, loan_id: str = "L-1", value_date: datetime.date | None = None, **fields: Any
    ) -> Fact:
        """Lend the principal of the terms."""
        what = terms(value_date or self.today, **fields.pop("terms", {}))
        return self.add(drawn(loan_id, what, **fields), value_date, f"draw-{loan_id}")

    def repay(
        self, minor: int, value_date: datetime.date | None = None, loan_id: str = "L-1"
    ) -> Fact:
        """Pay from the account."""
        return self.add(repaid(loan_id, minor), value_date)

    def reverse(self, original: Fact) -> Fact:
        """Undo an earlier fact of a loan."""
        return self.add(reversal(original))


def drawn(
    loan_id: str,
    what: LoanTerms,
    *,
    partner_ppm: int = 0,
    minor: int = 0,
    withheld_minor: int = 0,
) -> Drawn:
    """The first draw of a loan."""
    return Drawn(
        contract_id="K-1",
        loan_id=loan_id,
        currency="CNY",
        account_id="A-1",
        branch_id="0755",
        amount_minor=minor or what.principal_minor,
        customer_ids=("C-1",),
        debit_account_id="A-1",
        product_id="micro",
        product_version=1,
        terms=stored_terms(what),
        withheld_minor=withheld_minor,
        partner=Share(partner_id="P-1", share_ppm=partner_ppm) if partner_ppm else None,
    )


def money(loan_id: str, minor: int) -> dict[str, Any]:
    """The fields of an event that moves money between the loan and the account."""
    return {
        "contract_id": "K-1",
        "loan_id": loan_id,
        "currency": "CNY",
        "account_id": "A-1",
        "branch_id": "0755",
        "amount_minor": minor,
    }


def about(loan_id: str = "L-1") -> dict[str, Any]:
    """The fields of any event of a loan."""
    return {"contract_id": "K-1", "loan_id": loan_id, "currency": "CNY"}


def repaid(loan_id: str, minor: int, **fields: Any) -> Repaid:
    """Money towards the loan."""
    return Repaid(**money(loan_id, minor), **fields)


def recovered(loan_id: str, minor: int) -> Recovered:
    """Money after the write-off."""
    return Recovered(**money(loan_id, minor))


def reversal(original: Fact) -> LoanEntryReversed:
    """The reversal of a fact, with the mirror of its legs."""
    event = original.event
    return LoanEntryReversed(
        **about(event.loan_id),  # type: ignore[attr-defined]
        reversed_position=original.position,
        reversed_entry_id=entry_id(original.principal, original.command_id, original.ordinal),
        reversing_legs=tuple(
            Leg(
                account=leg.account,
                amount_minor=-leg.amount_minor,
                currency=leg.currency,
                purpose="LOAN_REVERSAL",
            )
            for leg in event.legs
        ),
        reason="booked twice",
    )


def _fields(one: Fact) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
