"""A generated bank day: a day file and a payroll message, the same for the same seed.

Units: whole minor units (fen); amounts are drawn as integers. Funds are paid in as far as the day's
plan needs them, so each line is accepted, save those that say which refusal they expect.
Source: the load figures that the project aims at: market payments of 35.70 yuan on average, and
tickets of loans of 73,600 to 521,000 yuan on average.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from adapters.cli.day_file import DayLine, write_day_file
from adapters.cli.generate_people import Party, company, person
from adapters.cli.generate_specials import special_lines
from adapters.iso20022.pain001_writer import Payroll, Salary, write_pain001

FIRST_DAY = datetime.date(2026, 3, 2)
MARKET_AVERAGE_MINOR = 3_570
LOAN_AVERAGES_MINOR = (11_960_000, 7_360_000, 52_100_000, 13_800_000, 23_100_000, 8_290_000)
LARGE_PER_THOUSAND = 30
CURRENCY = "CNY"
PRODUCTS = {
    "current-i": ("I", "PERSON", "REMOTE_STRONG", "个人活期一类户"),
    "current-ii": ("II", "PERSON", "REMOTE_STRONG", "个人活期二类户"),
    "current-corporate": ("CORPORATE", "ORGANISATION", "FACE_TO_FACE", "单位活期"),
}
CLASS_II_FUNDS_MINOR = 1_500_000
CLASS_II_SPENDING_MAX_MINOR = 900_000
"""Market payments out of a class Ⅱ account stay below its day's cap of 10,000 yuan."""
SALARIES_MAX = 100


class DayPaths(NamedTuple):
    """Where the day was written."""

    day_file: Path
    payroll: Path


class Plan(NamedTuple):
    """One planned transfer, and who orders it."""

    payer: Party
    payer_account_id: str
    payee_account_id: str
    amount_minor: int
    text: str


def generate_day(
    folder: Path,
    seed: int = 1,
    customers: int = 200,
    transfers: int = 2_000,
    date: datetime.date = FIRST_DAY,
) -> DayPaths:
    """Write ``day.jsonl`` and ``payroll.xml`` into the folder.

    One customer in ten is a company. The payroll is to be fed after the day file: it pays out of
    the first company's account. Raises ValueError below 10 customers.
    """
    if customers < 10 or transfers < 0:
        raise ValueError("a bank day needs 10 customers and no fewer than 0 transfers")
    random = Random(seed)
    people, companies = customers_of(random, customers)
    plans = list(_plans(random, people, companies, transfers))
    payroll = _payroll(random, people, companies[0], seed, date)
    folder.mkdir(parents=True, exist_ok=True)
    paths = DayPaths(folder / "day.jsonl", folder / "payroll.xml")
    requests = [
        *_opening(date),
        *party_lines([*companies, *people]),
        *_funds(random, people, companies, plans, payroll),
        *_transfers(plans),
        *special_lines(people, companies, date),
    ]
    write_day_file(paths.day_file, numbered(requests, f"day-{seed}-"))
    paths.payroll.write_bytes(write_pain001(payroll))
    return paths


def customers_of(random: Random, customers: int) -> tuple[list[Party], list[Party]]:
    """The people and the companies of a day: the first that its seed makes."""
    companies = [company(random, number) for number in range(1, customers // 10 + 1)]
    people = [person(random, number) for number in range(1, customers - len(companies) + 1)]
    return people, companies


def day_line(method: str, principal: str, **request: Any) -> DayLine:
    """A line that gets its number later."""
    return DayLine(method=method, command_id="unnamed", principal=principal, request=request)


def _opening(date: datetime.date) -> Iterator[DayLine]:
    """The business date, and products: drafted by one person, published by another."""
    yield day_line("OpenBusinessDate", "operator", date=str(date))
    for product_id, (account_class, holder, level, name) in PRODUCTS.items():
        terms = {
            "name": name,
            "account_class": account_class,
            "holder_kind": holder,
            "currency": CURRENCY,
            "minimum_level": level,
            "overdraft_max_minor": 0 if holder == "PERSON" else 50_000_000,
        }
        yield day_line(
            "DraftProduct", "product-maker", product_id=product_id, version=1, terms=terms
        )
        yield day_line(
            "PublishProduct",
            "product-checker",
            product_id=product_id,
            version=1,
            effective_from=str(date),
        )


def party_lines(parties: list[Party]) -> Iterator[DayLine]:
    """Every customer registered, identified face to face, with an account."""
    for one in parties:
        who = {"customer_id": one.customer_id}
        kind = "ORGANISATION" if one.is_company else "PERSON"
        yield day_line(
            "RegisterCustomer",
            "teller",
            **who,
            kind=kind,
            name=one.name,
            branch_id=one.branch_id,
            mobile=one.mobile,
        )
        yield day_line(
            "IdentifyCustomer",
            "teller",
            **who,
            level="FACE_TO_FACE",
            document_type="BUSINESS_LICENCE" if one.is_company else "RESIDENT_ID",
            document_number=one.document_number,
            evidence_id=f"E-{one.customer_id}",
        )
        product_id = "current-corporate" if one.is_company else "current-i"
        at = {**who, "branch_id": one.branch_id}
        yield day_line(
            "OpenAccount", "teller", **at, account_id=one.account_id, product_id=product_id
        )
        if one.class_ii_account_id:
            yield day_line(
                "OpenAccount",
                "channel",
                **at,
                account_id=one.class_ii_account_id,
                product_id="current-ii",
                bound_account_id=one.account_id,
            )


def _plans(
    random: Random, people: list[Party], companies: list[Party], transfers: int
) -> Iterator[Plan]:
    """Market payments by people, and now and then a large ticket paid by a company."""
    spent_minor: dict[str, int] = {}
    for _ in range(transfers):
        if random.randrange(1000) < LARGE_PER_THOUSAND:
            payer = random.choice(companies)
            average = random.choice(LOAN_AVERAGES_MINOR)
            amount_minor = average * random.randint(50, 150) // 100
            payee = random.choice(people)
            yield Plan(payer, payer.account_id, payee.account_id, amount_minor, "货款")
            continue
        payer = random.choice(people)
        account_id = payer.account_id
        amount_minor = random.randint(1, 118) * random.randint(1, 119)
        card = payer.class_ii_account_id
        if card and spent_minor.get(card, 0) + amount_minor <= CLASS_II_SPENDING_MAX_MINOR:
            account_id = card
            spent_minor[card] = spent_minor.get(card, 0) + amount_minor
        payee = random.choice(companies)
        yield Plan(payer, account_id, payee.account_id, amount_minor, "扫码付款")


def _payroll(
    random: Random, people: list[Party], payer: Party, seed: int, date: datetime.date
) -> Payroll:
    """The salaries of the first company, for people who bank here too."""
    message_id = f"PAYROLL-{date:%Y%m%d}-{seed}"
    return Payroll(
        message_id=message_id,
        created_at=datetime.datetime.combine(date, datetime.time(9)),
        execute_on=date,
        customer_id=payer.customer_id,
        company=payer.name,
        account_id=payer.account_id,
        currency=CURRENCY,
        salaries=tuple(
            Salary(
                reference=f"SAL-{date:%Y%m}-{number:04d}",
                name=one.name,
                account_id=one.account_id,
                amount_minor=random.randint(400_000, 2_500_000),
                text=f"{date.year}年{date.month}月工资",
            )
            for number, one in enumerate(people[:SALARIES_MAX], 1)
        ),
    )


def _funds(
    random: Random,
    people: list[Party],
    companies: list[Party],
    plans: list[Plan],
    payroll: Payroll,
) -> Iterator[DayLine]:
    """Money paid in before it is needed: what each account will pay, and something to keep."""
    needed_minor: dict[str, int] = {
        payroll.account_id: sum(one.amount_minor for one in payroll.salaries)
    }
    for plan in plans:
        account_id = plan.payer_account_id
        needed_minor[account_id] = needed_minor.get(account_id, 0) + plan.amount_minor
    for one in [*companies, *people]:
        keep = random.randint(100, 500) * (100_000 if one.is_company else 10_000)
        funds = needed_minor.get(one.account_id, 0) + keep
        source = "CLEARING" if one.is_company else "CASH"
        yield day_line(
            "Deposit",
            "teller",
            account_id=one.account_id,
            amount_minor=funds + (CLASS_II_FUNDS_MINOR if one.class_ii_account_id else 0),
            currency=CURRENCY,
            source=source,
            branch_id=one.branch_id,
            reference="存入",
        )
        if one.class_ii_account_id:
            top_up = Plan(
                one, one.account_id, one.class_ii_account_id, CLASS_II_FUNDS_MINOR, "转入二类户"
            )
            yield from _transfers([top_up])


def _transfers(plans: Iterable[Plan]) -> Iterator[DayLine]:
    for plan in plans:
        yield day_line(
            "Transfer",
            "channel",
            ordering_customer_id=plan.payer.customer_id,
            payer_account_id=plan.payer_account_id,
            payee_account_id=plan.payee_account_id,
            amount_minor=plan.amount_minor,
            currency=CURRENCY,
            text=plan.text,
        )


def numbered(lines: Iterable[DayLine], prefix: str) -> Iterator[DayLine]:
    """The lines with command ids; lines that are meant by others keep their own."""
    for number, line in enumerate(lines, 1):
        name = line.command_id
        yield DayLine(
            method=line.method,
            command_id=f"{prefix}{number:08d}" if name == "unnamed" else f"{prefix}{name}",
            request=line.request,
            principal=line.principal,
            payment_of=f"{prefix}{line.payment_of}" if line.payment_of else None,
            expect=line.expect,
        )
