"""The life of a loan in a banker's words: what each event does to the standing."""

from __future__ import annotations

import pytest

from kernel.loans.dated import (
    Acceleration,
    Chargeback,
    Disbursement,
    DueDateChange,
    Extension,
    FeeCharged,
    FeeWaived,
    FullPrepayment,
    Import,
    ImportedArrears,
    InterestPause,
    InterestWaived,
    PenaltyWaived,
    RateSet,
    Recovery,
    Refund,
    Restructuring,
    Reversal,
    WriteOff,
)
from kernel.loans.standing import Status
from tests.support.loans import EMI, asked, became_of, day, loan, on, paid

PENALTY = {"multiplier_ppm": 1_500_000}


def test_an_instalment_paid_on_its_day_is_neither_early_nor_late() -> None:
    found = on("2026-02-15", loan(), paid("2026-02-15"))
    line = found.instalment(1)
    assert (line.paid_minor, line.paid_early_minor, line.paid_late_minor) == (EMI, 0, 0)
    assert found.status is Status.ACTIVE
    assert found.days_past_due == 0
    assert found.next_due_date == day("2026-03-15")


def test_an_instalment_unpaid_on_its_day_is_overdue_from_the_next() -> None:
    assert on("2026-02-15", loan()).days_past_due == 0
    found = on("2026-02-16", loan())
    assert (found.status, found.days_past_due) == (Status.OVERDUE, 1)
    assert found.past_due_since == day("2026-02-15")


def test_part_of_an_instalment_does_not_reset_the_days_past_due() -> None:
    found = on("2026-02-25", loan(), paid("2026-02-20", 1_000))
    assert found.days_past_due == 10
    assert became_of(found, "paid-2026-02-20") == [("interest", 1_000)]


@pytest.mark.parametrize("method", ["equal_instalment", "equal_principal", "interest_first"])
def test_a_loan_paid_off_before_its_due_date_is_never_late(method: str) -> None:
    """The instalment that was paid with it falls due all the same, and asks nothing."""
    whole = FullPrepayment(value_date=day("2026-01-20"), event_id="all")
    for later in ("2026-01-20", "2026-02-15", "2026-02-16", "2027-06-01"):
        found = on(later, loan(method=method), whole)
        assert (found.status, found.days_past_due) == (Status.SETTLED, 0), later
        assert (found.payoff_minor, found.past_due_since, found.spells) == (0, None, ()), later


def test_money_before_the_due_date_is_held_and_pays_the_instalment_on_its_day() -> None:
    early = paid("2026-02-01", EMI + 5)
    assert on("2026-02-01", loan(), early).unapplied_minor == EMI + 5
    found = on("2026-02-15", loan(), early)
    assert found.instalment(1).paid_early_minor == EMI
    assert found.unapplied_minor == 5


def test_money_beyond_the_loan_is_owed_to_the_customer_and_refunded() -> None:
    over = FullPrepayment(value_date=day("2026-02-15"), event_id="all", amount_minor=11_000_000)
    found = on("2026-02-15", loan(), over)
    assert (found.status, found.normal_minor) == (Status.SETTLED, 0)
    assert found.unapplied_minor == 11_000_000 - 10_000_000 - 36_250
    back = Refund(value_date=day("2026-02-16"), event_id="back", amount_minor=963_750)
    assert on("2026-02-16", loan(), over, back).unapplied_minor == 0


def test_the_payoff_settles_the_loan_to_the_cent() -> None:
    before = on("2026-03-01", loan(), paid("2026-02-15"))
    payoff = FullPrepayment(
        value_date=day("2026-03-01"), event_id="all", amount_minor=before.payoff_minor
    )
    found = on("2026-03-01", loan(), paid("2026-02-15"), payoff)
    assert found.status is Status.SETTLED
    assert (found.payoff_minor, found.unapplied_minor) == (0, 0)


@pytest.mark.parametrize(
    ("option", "last_number", "second"),
    [("shorten_term", 9, EMI), ("reduce_instalment", 12, 576_053)],
)
def test_prepaid_principal_shortens_the_term_or_lowers_the_instalment(
    option: str, last_number: int, second: int
) -> None:
    early = paid("2026-03-01", 3_000_000, mode="in_advance", option=option)
    found = on("2026-03-01", loan(), paid("2026-02-15"), early)
    assert became_of(found, "paid-2026-03-01") == [
        ("interest", 17_754),
        ("prepaid_principal", 2_982_246),
    ]
    assert found.instalments[-1].number == last_number
    assert found.instalment(3).total_minor == second


def test_interest_on_the_prepaid_part_only() -> None:
    early = paid("2026-01-30", 1_000_000, mode="in_advance", interest="prepaid_part")
    uses = dict(became_of(on("2026-01-30", loan(), early), "paid-2026-01-30"))
    part = uses["prepaid_principal"]
    assert sum(uses.values()) == 1_000_000
    assert uses["interest"] == round(part * 0.0435 * 15 / 360)
    assert on("2026-02-15", loan(), early).instalment(1).interest_minor == 36_250 - (
        round((part) * 0.0435 * 15 / 360)
    )


def test_penalty_and_compound_interest_by_days() -> None:
    terms = loan(penalty=PENALTY)
    found = on("2026-02-25", terms)
    line = found.instalment(1)
    assert line.penalty_minor == round(816_849 * 0.0435 * 1.5 * 10 / 360)
    assert line.compound_minor == round(36_250 * 0.0435 * 1.5 * 10 / 360)


def test_paid_within_its_grace_an_instalment_costs_nothing_but_after_it_from_the_due_date() -> None:
    terms = loan(penalty=PENALTY, grace_days=3)
    assert on("2026-02-18", terms).status is Status.IN_GRACE
    assert on("2026-03-01", terms, paid("2026-02-18")).instalment(1).penalty_minor == 0
    found = on("2026-02-19", terms)
    assert (found.status, found.days_past_due) == (Status.OVERDUE, 4)
    assert found.instalment(1).penalty_minor == round(816_849 * 0.0435 * 1.5 * 4 / 360)


def test_after_ninety_days_money_pays_principal_first_and_interest_leaves_the_books() -> None:
    assert on("2026-05-16", loan()).status is Status.OVERDUE
    found = on("2026-05-17", loan(), paid("2026-05-17", 1_000))
    assert found.status is Status.NON_ACCRUAL
    assert became_of(found, "paid-2026-05-17") == [("principal", 1_000)]
    assert found.recognised.on_balance.interest_minor == 0
    assert found.recognised.off_balance.interest_minor == (
        found.due.interest_minor + found.accrued_interest_minor
    )


def test_a_backdated_payment_changes_the_order_of_a_later_one() -> None:
    late = paid("2026-05-17", 1_000)
    rescue = paid("2026-02-15")
    found = on("2026-05-17", loan(), late, rescue)
    assert became_of(found, "paid-2026-05-17") == [("interest", 1_000)]


def test_a_rate_from_the_day_and_from_the_next_period() -> None:
    now = RateSet(value_date=day("2026-01-25"), event_id="rate", annual_rate_ppm=87_000)
    assert (
        on("2026-02-15", loan(), now).instalment(1).interest_minor
        == 36_250 * 10 // 30 + (72_500 * 20 // 30) + 1
    )
    later = RateSet(
        value_date=day("2026-01-25"), event_id="rate", annual_rate_ppm=87_000,
        applies="next_period",
    )  # fmt: skip
    found = on("2026-02-15", loan(), later)
    assert asked(found, 1) == (816_849, 36_250)
    assert found.instalment(2).interest_minor == round(9_183_151 * 0.087 / 12)


def test_an_index_with_its_spread() -> None:
    rate = RateSet(
        value_date=day("2026-02-15"), event_id="lpr", index_rate_ppm=30_000, spread_ppm=-5_000
    )
    assert on("2026-02-15", loan(), rate).annual_rate_ppb == 25_000_000


def test_no_interest_while_it_is_paused() -> None:
    pause = InterestPause(value_date=day("2026-01-20"), event_id="p", until=day("2026-01-29"))
    assert on("2026-02-15", loan(), pause).instalment(1).interest_minor == round(36_250 * 20 / 30)


def test_fees_charged_and_waived() -> None:
    fee = FeeCharged(value_date=day("2026-02-01"), event_id="fee", amount_minor=5_000)
    assert on("2026-02-15", loan(), fee).due.fee_minor == 5_000
    less = FeeWaived(value_date=day("2026-02-20"), event_id="less", amount_minor=7_000)
    found = on("2026-02-20", loan(), fee, less)
    assert found.due.fee_minor == 0
    assert became_of(found, "less") == [("waived_fee", 5_000), ("no_effect", 0)]


def test_interest_and_penalty_waived() -> None:
    terms = loan(penalty=PENALTY)
    interest = InterestWaived(value_date=day("2026-02-20"), event_id="i", amount_minor=6_250)
    penalty = PenaltyWaived(value_date=day("2026-02-25"), event_id="p")
    found = on("2026-02-25", terms, interest, penalty)
    assert found.due.interest_minor == 30_000
    assert (found.due.penalty_minor, found.due.compound_minor) == (0, 0)


def test_a_due_date_moves_and_the_later_ones_follow() -> None:
    move = DueDateChange(
        value_date=day("2026-02-01"), event_id="m", next_due_date=day("2026-02-20")
    )
    found = on("2026-02-01", loan(), move)
    assert [line.due_date for line in found.instalments[:3]] == [
        day("2026-02-20"),
        day("2026-03-20"),
        day("2026-04-20"),
    ]
    assert found.instalment(1).days == 35


def test_an_extension_spreads_the_rest_over_more_instalments() -> None:
    more = Extension(value_date=day("2026-02-15"), event_id="x", instalments=12)
    found = on("2026-02-15", loan(), paid("2026-02-15"), more)
    assert found.instalments[-1].number == 24
    assert found.instalment(2).total_minor < EMI
    assert sum(line.principal_minor for line in found.instalments) == 10_000_000


def test_restructuring_schedules_all_principal_anew() -> None:
    new = Restructuring(
        value_date=day("2026-04-15"), event_id="new", instalments=6,
        first_due_date=day("2026-05-15"), annual_rate_ppm=30_000,
    )  # fmt: skip
    found = on("2026-04-15", loan(), new)
    assert (found.normal_minor, found.overdue_minor) == (10_000_000, 0)
    assert found.due.interest_minor == 36_250 + 33_289 + 30_317
    capital = Restructuring(
        value_date=day("2026-04-15"), event_id="new", instalments=6,
        first_due_date=day("2026-05-15"), capitalise=True,
    )  # fmt: skip
    found = on("2026-04-15", loan(), capital)
    assert found.due.total_minor == 0
    assert found.normal_minor == 10_000_000 + 36_250 + 33_289 + 30_317


def test_acceleration_makes_everything_due_today() -> None:
    found = on("2026-03-01", loan(), Acceleration(value_date=day("2026-03-01"), event_id="a"))
    assert found.normal_minor == 0
    assert found.due.principal_minor == 10_000_000
    assert found.due.interest_minor == 36_250 + 17_754


def test_a_charged_back_payment_falls_due_again_with_the_open_instalment() -> None:
    back = Chargeback(value_date=day("2026-02-20"), event_id="back", amount_minor=EMI)
    found = on("2026-02-20", loan(), paid("2026-02-15"), back)
    assert found.normal_minor == 9_183_151 + EMI
    assert found.instalment(2).total_minor > EMI * 2 - 5_000


def test_a_written_off_loan_leaves_the_books_and_can_be_recovered() -> None:
    off = WriteOff(value_date=day("2026-09-01"), event_id="off")
    found = on("2026-09-01", loan(), off)
    assert found.status is Status.WRITTEN_OFF
    assert found.recognised.on_balance.total_minor == 0
    assert found.recognised.principal_written_off_minor == 10_000_000
    some = Recovery(value_date=day("2026-10-01"), event_id="some", amount_minor=400_000)
    found = on("2026-10-01", loan(), off, some)
    assert found.recognised.recovered_minor == 400_000
    assert found.recognised.off_balance.principal_minor == 9_600_000


def test_tranches_are_planned_when_they_are_lent() -> None:
    first = Disbursement(value_date=day("2026-01-15"), event_id="1", amount_minor=4_000_000)
    second = Disbursement(value_date=day("2026-03-15"), event_id="2", amount_minor=6_000_000)
    found = on("2026-03-15", loan(), first, second)
    assert found.disbursed_minor == 10_000_000
    assert found.instalment(2).total_minor < found.instalment(3).total_minor
    assert sum(line.principal_minor for line in found.instalments) == 10_000_000


def test_a_running_loan_is_taken_over_with_its_arrears() -> None:
    start = Import(
        value_date=day("2026-04-20"), event_id="in", normal_principal_minor=7_540_559,
        next_number=4, principal_repaid_minor=1_636_659, accrued_interest_minor=4_556,
        instalment_minor=EMI,
        arrears=(
            ImportedArrears(
                due_date=day("2026-04-15"), principal_minor=822_782, interest_minor=30_317
            ),
        ),
    )  # fmt: skip
    found = on("2026-04-20", loan(), start)
    assert found.disbursed_minor == 10_000_000
    assert (found.days_past_due, found.overdue_minor) == (5, 822_782)
    assert found.accrued_interest_minor == 4_556
    assert asked(found, 4) == (825_764, 27_335)
    assert found.instalment(12).total_minor == 853_101


def test_a_reversed_event_never_happened_and_a_reversed_reversal_did() -> None:
    undo = Reversal(
        value_date=day("2026-03-01"), event_id="u", sequence=2, reverses="paid-2026-02-15"
    )
    redo = Reversal(value_date=day("2026-03-02"), event_id="r", sequence=3, reverses="u")
    payment = paid("2026-02-15")
    without = on("2026-03-05", loan())
    assert on("2026-03-05", loan(), payment, undo) == without
    assert on("2026-03-05", loan(), payment, undo, redo) == on("2026-03-05", loan(), payment)


def test_spells_in_arrears_begin_on_the_due_date_and_end_when_all_is_paid() -> None:
    found = on("2026-06-20", loan(), paid("2026-02-15"), paid("2026-04-20", 2 * EMI))
    assert [(each.since, each.ended) for each in found.spells] == [
        (day("2026-03-15"), day("2026-04-20")),
        (day("2026-05-15"), None),
    ]
    early = on("2026-04-01", loan(), paid("2026-02-15"), paid("2026-04-20", 2 * EMI))
    assert [(each.since, each.ended) for each in early.spells] == [(day("2026-03-15"), None)]
