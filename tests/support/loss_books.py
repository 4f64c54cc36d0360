"""A plain book of loans as facts of a bank: lent, repaid, secured, written off, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.collateral.events import CollateralPledged, CollateralRegistered, CollateralValued
from kernel.common.facts import Event
from kernel.grading.commands import FloorGrade
from kernel.grading.events import GradeFloorSet
from kernel.loans.events import LoanWrittenOff
from tests.support.loan_facts import FIRST, DayBook, drawn, repaid, terms
from tests.support.loss_reference import PlainItem, PlainLoan

FLOORS = {
    2: FloorGrade.SPECIAL_MENTION,
    3: FloorGrade.SUBSTANDARD,
    4: FloorGrade.DOUBTFUL,
    5: FloorGrade.LOSS,
}


def day_book(
    loans: Iterable[PlainLoan], items: Iterable[PlainItem], until: datetime.date
) -> DayBook:
    """The facts up to the morning of a day; items lend half of what they are worth."""
    loans, book = list(loans), DayBook(FIRST)
    for number, item in enumerate(items):
        for event in secured(f"I-{number}", item):
            book.add(event)
    for loan in loans:
        what = terms(loan.start, principal_minor=loan.principal, instalments=loan.instalments)
        event = drawn(loan.loan_id, what, partner_ppm=10_000 * loan.partner_percent)
        book.add(of(loan, event), None, f"draw-{loan.loan_id}")
        if loan.floor > 1:
            floor = GradeFloorSet(loan_id=loan.loan_id, reason="watch", grade=FLOORS[loan.floor])
            book.add(floor)
    while book.today < until:
        for loan in loans:
            happens(book, loan)
        book.pass_days(book.today + datetime.timedelta(days=1))
    return book


def happens(book: DayBook, loan: PlainLoan) -> None:
    """What the loan does today."""
    part = loan.principal // loan.instalments
    for number in range(1, min(loan.paid, loan.instalments) + 1):
        if loan.due(number) == book.today:
            interest = (loan.principal - (number - 1) * part) // 100
            book.add(of(loan, repaid(loan.loan_id, part + interest)))
    if loan.written_off_on == book.today:
        gone = LoanWrittenOff(
            contract_id=loan.contract_id, loan_id=loan.loan_id, currency="CNY", approval="AP-1"
        )
        book.add(gone)


def of(loan: PlainLoan, event: Event) -> Event:
    """The event under the loan's contract, and its debtor."""
    fields: dict[str, object] = {"contract_id": loan.contract_id}
    if "customer_ids" in event.__struct_fields__:
        fields["customer_ids"] = (loan.debtor_id,)
        fields["posting_class"] = "PERSONAL_LOAN" if loan.is_retail else "CORPORATE_LOAN"
    return msgspec.structs.replace(event, **fields)


def secured(item_id: str, item: PlainItem) -> Iterable[Event]:
    """An item is made known, valued and pledged."""
    yield CollateralRegistered(
        item_id=item_id, kind="COMMERCIAL", owner_id="C-1", currency="CNY",
        description="a shop", evidence_digest="0" * 64,
    )  # fmt: skip
    yield CollateralValued(
        item_id=item_id, value_minor=2 * item.lends, source="Valuers Ltd", confidence_bp=9_000,
        valuation_method="APPRAISAL", valid_until=datetime.date(2030, 1, 1),
    )  # fmt: skip
    for rank, (contract_id, most) in enumerate(item.pledges, 1):
        yield CollateralPledged(
            item_id=item_id, contract_id=contract_id, rank=rank, maximum_amount_minor=most,
            registered_on=FIRST, registration_number=f"R-{rank}",
        )  # fmt: skip
