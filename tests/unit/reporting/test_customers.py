"""Tags and stars of a customer, and how deposits are spread: figures worked out by hand."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kernel.reporting.customer_tags import TAGS, TagClass, tags
from kernel.reporting.customer_view import Borrowing, CustomerView, Holding, Movement
from kernel.reporting.deposits import concentration
from kernel.reporting.star_rating import STANDARD, RatingTable, star_rating
from tests.unit.reporting.test_portfolio import line

TODAY = datetime.date(2026, 6, 30)


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


def moved(amount_minor: int, days: int, **fields: Any) -> Movement:
    return Movement(day=ago(days), amount_minor=amount_minor, **fields)


def customer(*movements: Movement, **fields: Any) -> CustomerView:
    holding = Holding(
        account_id="A-1",
        account_class="I",
        product_id="current",
        opened_on=ago(400),
        status="ACTIVE",
        movements=movements,
    )
    usual: dict[str, Any] = {
        "on": TODAY, "customer_id": "C-1", "kind": "PERSON", "level": "FACE_TO_FACE",
        "branch_id": "0755", "registered_on": ago(400), "holdings": (holding,),
    }  # fmt: skip
    return CustomerView(**{**usual, **fields})


def read(view: CustomerView) -> dict[str, Any]:
    columns, rows = tags(view)
    at = columns.index("tag"), columns.index("value")
    return {str(row[at[0]]): row[at[1]] for row in rows}


def test_there_are_four_classes_of_tags_with_names_of_their_own() -> None:
    assert len({tag.name for tag in TAGS}) == len(TAGS) >= 40
    assert {tag.tag_class for tag in TAGS} == set(TagClass)


def test_behaviour_and_value() -> None:
    found = read(
        customer(
            moved(100_000, 200),
            moved(900_000, 60, purpose="SALARY", channel="BATCH", counter="E-1"),
            moved(-300_000, 29, channel="MOBILE", counter="A-9"),
            moved(-100_000, 1, channel="MOBILE", counter="A-9"),
        )
    )
    assert (found["deposits_minor"], found["deposits_peak_90d_minor"]) == ("600000", "1000000")
    assert found["deposits_avg_30d_minor"] == str((700_000 * 28 + 600_000 * 2) // 30)
    assert (found["inflow_90d_minor"], found["outflow_90d_minor"]) == ("900000", "400000")
    assert found["kept_bp"] == str(500_000 * 10_000 // 900_000)
    assert (found["main_channel"], found["counterparties_90d"]) == ("MOBILE", "2")
    assert (found["is_payroll"], found["salary_90d_minor"]) == ("yes", "900000")
    assert (found["movements_30d"], found["days_since_inflow"]) == ("2", "60")


@pytest.mark.parametrize(
    ("view", "stage"),
    [
        (customer(holdings=()), "prospect"),
        (customer(moved(1, 300)), "sleeping"),
        (customer(moved(1, 10), registered_on=ago(90)), "new"),
        (customer(moved(1, 10)), "growing"),
        (customer(moved(1, 10), registered_on=ago(730)), "mature"),
        (customer(moved(1_000, 170), moved(-900, 89)), "declining"),
    ],
)
def test_the_life_cycle(view: CustomerView, stage: str) -> None:
    assert read(view)["life_cycle"] == stage


def test_risk_is_read_off_the_loans() -> None:
    late = Borrowing(
        line=line("L-1", days_past_due=20, grade=2, stage=2, overdue_minor=300, allowance_minor=9),
        spells=((ago(200), ago(140)), (ago(20), None)),
        due_dates=(ago(200), ago(170), ago(140), ago(20), ago(-10)),
        restructured_on=(ago(100),),
        interest_paid_minor=77,
    )
    found = read(customer(borrowings=(late,)))
    assert (found["worst_past_due_90d"], found["worst_past_due_365d"]) == ("20", "60")
    assert found["on_time_bp"] == "2500"
    assert (found["days_past_due"], found["days_since_arrears"]) == ("20", "0")
    assert (found["was_restructured"], found["interest_paid_minor"]) == ("yes", "77")
    assert read(customer())["on_time_bp"] is None


@given(st.lists(st.tuples(st.integers(-10_000, 10_000), st.integers(0, 120)), max_size=12))
def test_average_and_peak_are_those_of_the_days(moves: list[tuple[int, int]]) -> None:
    view = customer(*(moved(minor, days) for minor, days in moves))
    ends = [view.balance_minor(ago(days)) for days in range(90)]
    assert view.average_minor(90) == sum(ends) // 90
    assert view.peak_minor(90) == max(ends)


def test_stars_follow_the_table() -> None:
    poor, rich = customer(), customer(moved(700_000_000, 400), *(moved(1, n) for n in range(90)))
    loans = tuple(
        Borrowing(line=line(f"L-{n}", product_id=f"p{n}"), interest_paid_minor=1_000_000)
        for n in range(5)
    )
    best = msgspec.structs.replace(rich, borrowings=loans, registered_on=ago(2_000))
    stars = [list(star_rating(one)[1])[-1][4] for one in (poor, rich, best)]
    assert stars == [1, 4, 7]


def test_a_rating_table_that_does_not_sum_up_is_none() -> None:
    half = {**STANDARD.model_dump(), "measures": [STANDARD.measures[0].model_dump()]}
    with pytest.raises(ValidationError, match="do not sum to one"):
        RatingTable.model_validate(half)


def test_deposits_of_one_depositor_count_together() -> None:
    balances = [
        ("C-1", "CNY", 40_000_000),
        ("C-1", "CNY", 20_000_000),
        ("C-2", "CNY", 40_000_000),
        ("C-3", "CNY", -5),
        ("C-3", "USD", 7),
    ]
    _, rows = concentration(balances, TODAY)
    found = {row[:2]: row[2:] for row in rows}
    assert found["CNY", "top 1"] == (1, 60_000_000, 6_000)
    assert found["CNY", "insured"] == (2, 90_000_000, 9_000)
    assert found["CNY", "all"] == (2, 100_000_000, 10_000)
    assert ("USD", "insured") not in found
