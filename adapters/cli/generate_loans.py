"""Ten weeks of lending after a generated bank day, as day files; the day is closed after each.

A farmer borrows on the right to manage land and pays back; twelve people borrow and pay in time; of
three who spend what they got, one pays by a payment dated back, one is helped, one stays late.

Units: whole minor units (fen). What is owed on a day is said by the fold of the loan itself.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from adapters.cli.day_file import DayLine, write_day_file
from adapters.cli.generate_day import (
    CURRENCY,
    FIRST_DAY,
    customers_of,
    day_line,
    numbered,
    party_lines,
)
from adapters.cli.generate_people import Party, person
from kernel.loans.dated import Disbursement
from kernel.loans.fold import standing
from kernel.loans.product import loan_product
from kernel.loans.standing import Standing

DIGEST = "0" * 64
FIRST_SPENDER = 900_001
NEXT_YEAR = "2027-03-02"
PAID_OFF, DUE, DATED_BACK, NEXT_DUE, HELPED = (
    datetime.date.fromisoformat(day)
    for day in ("2026-03-12", "2026-04-02", "2026-04-20", "2026-05-02", "2026-05-10")
)
TERMS = {"penalty": {"multiplier_ppm": 1_500_000}, "prepayment": {"option": "shorten_term"}}
PRODUCTS: dict[str, dict[str, Any]] = {
    "farm": {
        "name": "农地抵押贷 Farm loan",
        "amount_max_minor": 30_000_000,
        "instalments_max": 24,
        "coverage_bp": 10_000,
        "terms": {"method": "interest_first", **TERMS},
    },
    "micro": {
        "name": "小微贷 Micro loan",
        "amount_max_minor": 50_000_000,
        "instalments_max": 36,
        "needs_limit": False,
        "terms": {"method": "equal_instalment", **TERMS},
    },
}


class Lent(NamedTuple):
    """One loan of the plan."""

    number: int
    borrower: Party
    product_id: str
    amount_minor: int
    annual_rate_ppm: int

    @property
    def contract(self) -> dict[str, Any]:
        """The contract's name."""
        return {"contract_id": f"K-{self.number}"}

    @property
    def loan(self) -> dict[str, Any]:
        """The loan's name."""
        return {"loan_id": f"L-{self.number}"}

    def on(self, day: datetime.date) -> Standing:
        """How the loan stands on a day if nothing is paid."""
        terms = loan_product(PRODUCTS[self.product_id]).loan_terms(
            principal_minor=self.amount_minor,
            instalments=12,
            annual_rate_ppm=self.annual_rate_ppm,
            start_date=FIRST_DAY,
        )
        draw = Disbursement(value_date=FIRST_DAY, event_id="draw", amount_minor=self.amount_minor)
        return standing(terms, (draw,), day)


class Plan(NamedTuple):
    """Who borrows what, and where borrowed money goes."""

    farm: Lent
    steady: list[Lent]
    back: Lent
    helped: Lent
    late: Lent
    shop: Party

    @property
    def spenders(self) -> list[Lent]:
        """Those who have nothing left when the first instalment falls due."""
        return [self.back, self.helped, self.late]


def generate_loans(folder: Path, seed: int = 1, customers: int = 200) -> list[Path]:
    """Write one day file a stage, to be fed in order after the day of the same seed."""
    people, companies = customers_of(Random(seed), customers)
    random = Random(f"loans-{seed}")

    def lent(number: int, borrower: Party) -> Lent:
        amount, rate = random.randint(20, 80) * 100_000, random.randint(45, 90) * 1_000
        return Lent(number, borrower, "micro", amount, rate)

    back, helped, late = (lent(n, person(random, FIRST_SPENDER + n)) for n in range(14, 17))
    plan = Plan(
        Lent(1, people[10], "farm", 9_000_000, 45_000),
        [lent(n, borrower) for n, borrower in enumerate(people[11:23], 2)],
        back,
        helped,
        late,
        companies[0],
    )
    stages: dict[str, Callable[[Plan], Iterator[DayLine]]] = {
        "lend": _lend,
        "repay": _repay,
        "date-back": _date_back,
        "relieve": _relieve,
    }
    files = []
    for name, lines in stages.items():
        files.append(folder / f"{name}.jsonl")
        write_day_file(files[-1], numbered(lines(plan), f"{name}-{seed}-"))
    return files


def _lend(plan: Plan) -> Iterator[DayLine]:
    """Products, the farmer's land, and all loans on the first day."""
    for product_id, definition in PRODUCTS.items():
        about: dict[str, Any] = {"product_id": product_id, "version": 1}
        defined = {"product_kind": "LOAN", "definition_json": json.dumps(definition)}
        yield day_line("DefineProduct", "product-maker", **about, **defined)
        published = {**about, "effective_from": str(FIRST_DAY)}
        yield day_line("PublishProduct", "product-checker", **published)
    yield from _farm(plan.farm)
    yield from party_lines([one.borrower for one in plan.spenders])
    for one in [*plan.steady, *plan.spenders]:
        yield from _signed(one)
        yield _drawn(one)
    for one in plan.spenders:
        paid = {"payee_account_id": plan.shop.account_id, "amount_minor": one.amount_minor}
        who = {"ordering_customer_id": one.borrower.customer_id, "currency": CURRENCY}
        payer = {"payer_account_id": one.borrower.account_id, "text": "货款"}
        yield day_line("Transfer", "channel", **who, **payer, **paid)


def _farm(farm: Lent) -> Iterator[DayLine]:
    """Land registered and valued, limit, contract; no draw before the pledge, then the draw."""
    owner, item = farm.borrower.customer_id, {"item_id": "FIELD-1"}
    land: dict[str, Any] = {
        "registry_number": "H-7",
        "contract_ends_on": "2029-03-02",
        "annual_rent_minor": 6_000_000,
        "growing_crop_minor": 2_000_000,
        "crop": "水稻",
    }
    yield day_line(
        "RegisterCollateral", "lender", **item, collateral_kind="LAND_MANAGEMENT_RIGHT",
        owner_id=owner, currency=CURRENCY, description="水田60亩", evidence_digest=DIGEST,
        land_contract=land,
    )  # fmt: skip
    yield day_line(
        "ValueCollateral", "risk-officer", **item, value_minor=20_000_000, source="农村产权交易所",
        valuation_method="RENT_OF_TIME_LEFT", confidence_bp=8_000, valid_until=NEXT_YEAR,
    )  # fmt: skip
    yield day_line(
        "OpenLimit", "risk-officer", limit_id="FARM-1", holder_kind="CUSTOMER", holder_id=owner,
        limit_kind="REVOLVING", amount_minor=10_000_000, currency=CURRENCY,
        valid_from=str(FIRST_DAY), valid_until=NEXT_YEAR,
    )  # fmt: skip
    yield from _signed(farm, limit_id="FARM-1")
    yield _drawn(farm, expect="COVERAGE_SHORT")
    pledged = {"registered_on": str(FIRST_DAY), "registration_number": "R-1"}
    yield day_line("PledgeCollateral", "lender", **item, **farm.contract, rank=1, **pledged)
    yield _drawn(farm)


def _signed(one: Lent, **fields: Any) -> Iterator[DayLine]:
    """From the application to the signature."""
    asked: dict[str, Any] = {"amount_minor": one.amount_minor, "currency": CURRENCY}
    who = {"customer_id": one.borrower.customer_id, "account_id": one.borrower.account_id}
    asked |= {"instalments": 12, "product_id": one.product_id, "purpose": "购买种子化肥"}
    yield day_line("ApplyForLoan", "lender", **one.contract, **who, **asked)
    decided: dict[str, Any] = {"outcome": "APPROVED", "annual_rate_ppm": one.annual_rate_ppm}
    decided |= {"rules": "simple.v1", "input_digest": DIGEST}
    yield day_line("RecordCreditDecision", "lender", **one.contract, **decided)
    yield day_line("OfferLoan", "lender", **one.contract)
    signed = {"document_digest": DIGEST, "signed_by": one.borrower.name, **fields}
    yield day_line("SignContract", "lender", **one.contract, **signed)


def _drawn(one: Lent, expect: str | None = None) -> DayLine:
    drawn = {**one.contract, **one.loan, "amount_minor": one.amount_minor}
    return msgspec.structs.replace(day_line("DrawLoan", "lender", **drawn), expect=expect)


def _days(*days: datetime.date) -> Iterator[DayLine]:
    for day in days:
        yield day_line("AdvanceBusinessDate", "operator", date=str(day))


def _repay(plan: Plan) -> Iterator[DayLine]:
    """The farmer pays back to the cent; the day on which first instalments fall due comes."""
    yield from _days(PAID_OFF)
    farm = plan.farm
    owed = farm.on(PAID_OFF).payoff_minor
    paid = {"amount_minor": owed, "account_id": farm.borrower.account_id}
    yield day_line("PayOffLoan", "lender", **farm.loan, **paid)
    yield day_line("EndContract", "lender", **farm.contract, reason="结清")
    released = {"item_id": "FIELD-1", **farm.contract, "rank": 1, "reason": "结清"}
    yield day_line("ReleasePledge", "lender", **released)
    yield from _days(datetime.date(2026, 3, 22), datetime.date(2026, 4, 1), DUE)


def _date_back(plan: Plan) -> Iterator[DayLine]:
    """Cash that was brought on the due date is found on 20 April and counts from then."""
    yield from _days(datetime.date(2026, 4, 12), DATED_BACK)
    one = plan.back
    amount, at = {"amount_minor": one.on(DUE).due.total_minor}, one.borrower
    cash = {"currency": CURRENCY, "source": "CASH", "branch_id": at.branch_id}
    yield day_line("Deposit", "teller", account_id=at.account_id, **amount, **cash)
    yield day_line("RepayLoan", "lender", **one.loan, **amount, value_date=str(DUE))
    yield from _days(datetime.date(2026, 4, 30), NEXT_DUE)


def _relieve(plan: Plan) -> Iterator[DayLine]:
    """One who cannot pay gets a new schedule at a lower rate, and is observed from then on."""
    yield from _days(HELPED)
    anew: dict[str, Any] = {"instalments": 18, "first_due_date": "2026-06-10"}
    anew |= {"annual_rate_ppm": 40_000, "capitalise": True, "debtor_in_difficulty": True}
    yield day_line("RestructureLoan", "lender", **plan.helped.loan, **anew)
