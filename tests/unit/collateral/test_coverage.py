"""Allocation of collateral to loans: ranks, equal ranks, maximum amounts, many to many.

Source: Civil Code arts 409, 414 and 420.
"""

from __future__ import annotations

import datetime

import pytest

from kernel.collateral.coverage import Allocation, allocate
from kernel.collateral.pool import Exposure, Item, Pledge
from tests.support.given import refused

DAY = datetime.date(2026, 3, 2)


def worth(**lendable: int) -> list[Item]:
    """Items with what may be lent against them."""
    return [Item(item_id=item_id, lendable_minor=minor) for item_id, minor in lendable.items()]


def owing(**exposures: int) -> list[Exposure]:
    """Loans with what they put at risk."""
    return [Exposure(loan_id=loan_id, exposure_minor=m) for loan_id, m in exposures.items()]


def pledge(
    item_id: str,
    loan_id: str,
    rank: int = 1,
    maximum_amount_minor: int | None = None,
    registered: bool = True,
) -> Pledge:
    """An item secures a loan; registered unless said otherwise."""
    return Pledge(
        item_id=item_id,
        loan_id=loan_id,
        rank=rank,
        maximum_amount_minor=maximum_amount_minor,
        registered_on=DAY if registered else None,
    )


def lines(made: Allocation) -> dict[tuple[str, str], int]:
    """What each item gives to each loan."""
    return {(line.item_id, line.loan_id): line.amount_minor for line in made.lines}


def test_one_flat_covers_one_loan_up_to_the_exposure() -> None:
    made = allocate(worth(FLAT=150), [pledge("FLAT", "A")], owing(A=100))
    assert lines(made) == {("FLAT", "A"): 100}
    assert made.items[0].left_minor == 50
    assert (made.loan("A").shortfall_minor, made.loan("A").spare_minor) == (0, 50)


def test_the_first_rank_is_served_before_the_second() -> None:
    pledges = [pledge("FLAT", "A", rank=2), pledge("FLAT", "B", rank=1)]
    made = allocate(worth(FLAT=100), pledges, owing(A=80, B=70))
    assert lines(made) == {("FLAT", "B"): 70, ("FLAT", "A"): 30}
    assert made.loan("A").shortfall_minor == 50


def test_equal_ranks_share_in_proportion_to_their_claims() -> None:
    pledges = [pledge("FLAT", "A"), pledge("FLAT", "B")]
    made = allocate(worth(FLAT=100), pledges, owing(A=150, B=50))
    assert lines(made) == {("FLAT", "A"): 75, ("FLAT", "B"): 25}


def test_the_odd_fen_of_equal_shares_goes_to_the_first_id() -> None:
    pledges = [pledge("FLAT", loan) for loan in "ABC"]
    made = allocate(worth(FLAT=100), pledges, owing(A=50, B=50, C=50))
    assert list(lines(made).values()) == [34, 33, 33]


def test_a_maximum_amount_caps_the_claim_and_its_share() -> None:
    pledges = [pledge("FLAT", "A", maximum_amount_minor=50), pledge("FLAT", "B")]
    made = allocate(worth(FLAT=90), pledges, owing(A=1_000, B=100))
    assert lines(made) == {("FLAT", "A"): 30, ("FLAT", "B"): 60}


def test_beyond_its_maximum_amount_the_first_rank_gives_way() -> None:
    pledges = [pledge("FLAT", "A", maximum_amount_minor=40), pledge("FLAT", "B", rank=2)]
    made = allocate(worth(FLAT=100), pledges, owing(A=100, B=100))
    assert lines(made) == {("FLAT", "A"): 40, ("FLAT", "B"): 60}


def test_an_unregistered_pledge_comes_after_every_registered_one() -> None:
    pledges = [pledge("CROP", "A", rank=1, registered=False), pledge("CROP", "B", rank=9)]
    made = allocate(worth(CROP=100), pledges, owing(A=100, B=80))
    assert lines(made) == {("CROP", "B"): 80, ("CROP", "A"): 20}


def test_a_loan_with_two_items_leaves_the_one_that_another_loan_needs() -> None:
    pledges = [pledge("FLAT", "A"), pledge("SHOP", "A", rank=2), pledge("FLAT", "B", rank=2)]
    made = allocate(worth(FLAT=100, SHOP=100), pledges, owing(A=100, B=100))
    assert lines(made) == {("SHOP", "A"): 100, ("FLAT", "B"): 100}


def test_with_cover_enough_a_loan_takes_its_better_rank() -> None:
    pledges = [pledge("FLAT", "A", rank=2), pledge("FLAT", "B"), pledge("SHOP", "A")]
    made = allocate(worth(FLAT=200, SHOP=100), pledges, owing(A=100, B=100))
    assert lines(made) == {("FLAT", "B"): 100, ("SHOP", "A"): 100}


def test_a_second_pledge_of_the_same_item_for_the_same_loan_adds_to_the_first() -> None:
    pledges = [
        pledge("FLAT", "A", rank=1, maximum_amount_minor=30),
        pledge("FLAT", "B", rank=2, maximum_amount_minor=30),
        pledge("FLAT", "A", rank=3),
    ]
    made = allocate(worth(FLAT=100), pledges, owing(A=100, B=100))
    assert [(line.loan_id, line.rank, line.amount_minor) for line in made.lines] == [
        ("A", 1, 30),
        ("B", 2, 30),
        ("A", 3, 40),
    ]


def test_it_says_why_no_more_is_covered() -> None:
    pledges = [pledge("FLAT", "A", maximum_amount_minor=40), pledge("SHOP", "B")]
    made = allocate(worth(FLAT=100, SHOP=50), pledges, owing(A=100, B=100, C=10))
    assert made.bound.item_ids == ("SHOP",)
    assert made.bound.pledges == (("FLAT", "A", 1),)
    assert made.covered_minor == 50 + 40


def test_a_loan_without_collateral_is_all_shortfall() -> None:
    made = allocate([], [], owing(A=100))
    assert made.loan("A").shortfall_minor == 100
    assert made.bound.item_ids == ()


def test_amounts_of_ten_trillion_yuan_stay_exact() -> None:
    big = 10**15
    pledges = [pledge("FLAT", "A"), pledge("FLAT", "B")]
    made = allocate(worth(FLAT=big + 1), pledges, owing(A=big, B=2 * big))
    assert list(lines(made).values()) == [333_333_333_333_334, 666_666_666_666_667]


@pytest.mark.parametrize(
    ("items", "pledges", "exposures", "code"),
    [
        (worth(FLAT=1), [pledge("SHOP", "A")], owing(A=1), "COLLATERAL_NOT_FOUND"),
        (worth(FLAT=1), [pledge("FLAT", "B")], owing(A=1), "SECURED_LOAN_NOT_FOUND"),
        (worth(FLAT=1) + worth(FLAT=2), [], [], "COLLATERAL_DUPLICATE"),
        (worth(FLAT=1), [], owing(A=1) + owing(A=2), "COLLATERAL_DUPLICATE"),
        (
            worth(FLAT=1),
            [pledge("FLAT", "A")] * 2 + [pledge("FLAT", "A", 1, 5)],
            owing(A=1),
            "COLLATERAL_DUPLICATE",
        ),
        (
            worth(FLAT=1),
            [pledge("FLAT", "A")],
            [Exposure(loan_id="A", exposure_minor=1, currency="USD")],
            "COLLATERAL_CURRENCY_MISMATCH",
        ),
    ],
)
def test_a_pool_that_does_not_fit_together_is_refused(
    items: list[Item], pledges: list[Pledge], exposures: list[Exposure], code: str
) -> None:
    refused(code, allocate, items, pledges, exposures)


def test_a_loan_outside_the_pool_has_no_cover_to_ask_for() -> None:
    refused("SECURED_LOAN_NOT_FOUND", allocate([], [], []).loan, "A", loan_id="A")
