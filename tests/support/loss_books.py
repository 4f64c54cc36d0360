"""A plain book of loans as facts of a bank: lent, repaid, secured, written off, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.collateral.events import CollateralPledged, CollateralRegistered, CollateralValued
from kernel.common.facts import Event
from kernel.grading.commands import FloorGrade
from kernel.grading.events import GradeFloorSet
from kernel.loans.events import ContractSigned, CreditApproved, LoanApplied, LoanWrittenOff
from kernel.products.commands import ProductKind
from kernel.products.events import ProductDefined
from tests.support.loan_facts import FIRST, DayBook, drawn, repaid, terms
from tests.support.loss_reference import PlainItem, PlainLoan

FLOORS = {
    2: FloorGrade.SPECIAL_MENTION,
    3: FloorGrade.SUBSTANDARD,
    4: FloorGrade.DOUBTFUL,
    5: FloorGrade.LOSS,
}


SIGNED_MINOR = 200_000_000
"""What a contract of ``signed`` is for."""


def day_book(
    loans: Iterable[PlainLoan],
    items: Iterable[PlainItem],
    until: datetime.date,
    before: Iterable[Event] = (),
) -> DayBook:
    """The facts up to the morning of a day; items lend half of what they are worth.

    ``before`` is what happened before anything was lent.
    """
    loans, book = list(loans), DayBook(FIRST)
    for event in before:
        book.add(event)
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


def signed(contract_id: str, debtor_id: str, *, is_retail: bool) -> Iterable[Event]:
    """A contract of a debtor, under a product that is a retail one or not."""
    product_id = "retail" if is_retail else "works"
    yield ProductDefined(
        product_id=product_id, version=1, product_kind=ProductKind.LOAN,
        definition={"name": product_id, "is_retail": is_retail},
    )  # fmt: skip
    yield LoanApplied(
        contract_id=contract_id, customer_id=debtor_id, product_id=product_id, product_version=1,
        amount_minor=SIGNED_MINOR, currency="CNY", instalments=36, account_id="A-1",
        branch_id="0755", purpose="stock",
    )  # fmt: skip
    yield CreditApproved(
        contract_id=contract_id, amount_minor=SIGNED_MINOR, annual_rate_ppm=120_000,
        instalments=36, rules="simple.v1", input_digest="0" * 64,
    )  # fmt: skip
    yield ContractSigned(
        contract_id=contract_id, document_digest="0" * 64, signed_by="王芳",
        amount_minor=SIGNED_MINOR, currency="CNY",
    )  # fmt: skip


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
