"""Money that comes before it is due: prepayment by the option agreed, instalments ahead, payoff.

Units: whole minor units.
Source: Civil Code art. 677 (early repayment; interest for the time really used).
"""

from __future__ import annotations

from kernel.common.day_count import whole_months
from kernel.common.rounding import rounded
from kernel.loans.arrears import touch
from kernel.loans.course import MILLION, Course
from kernel.loans.line import FEE, INTEREST
from kernel.loans.money import Entry, Money
from kernel.loans.terms import Method, Prepayment, PrepaymentInterest, PrepaymentOption


def take_early(
    money: Money,
    source: int,
    amount: int,
    paid_on: int,
    option: PrepaymentOption | None,
    interest: PrepaymentInterest | None,
) -> None:
    """Early money by the option named, or by what terms and method say."""
    course, terms = money.course, money.course.terms
    agreed = terms.prepayment or Prepayment(
        option="recalculate" if course.progressive else "shorten_term",
        interest="later" if course.method is Method.REVOLVING else "in_full",
    )
    option = option or agreed.option
    if not amount or course.open is None or option == "pay_ahead":
        money.hold(source, amount, paid_on)
    elif option == "recalculate":
        money.hold(source, _pay_next(money, source, amount, paid_on), paid_on)
    else:
        left = _prepay(money, source, amount, paid_on, interest or agreed.interest, agreed)
        if option == "reduce_instalment" and left < amount and course.normal:
            course.plan("repayment")
        money.hold(source, left, paid_on)


def _pay_next(money: Money, source: int, amount: int, paid_on: int) -> int:
    """Pay the coming instalments now: interest to today, then principal, at once off the
    balance. Money beyond the open instalment is principal of the later ones."""
    course = money.course
    line = course.open
    assert line is not None
    interest = min(amount, course.unsettled())
    number, spent = course.number, line.ahead + line.asked[INTEREST]
    if interest:
        course.settle(interest).pay(INTEREST, interest, paid_on)
        money.write(source, line, "interest", interest)
        spent += interest
    amount -= interest
    while amount and course.normal:
        planned = course.payments.get(number) or course.normal
        room = course.normal if number >= course.last_number else planned - spent
        part = max(0, min(amount, room, course.normal))
        course.normal -= part
        amount -= part
        if part and number == course.number:
            course.take_early(line, part, paid_on, counts=True)
        elif part:
            course.ahead.setdefault(number, []).append((part, paid_on, source))
        if part:
            money.entries.append(Entry(source, course.today, number, "prepaid_principal", part))
        number, spent = number + 1, 0
    return amount


def _prepay(
    money: Money,
    source: int,
    amount: int,
    paid_on: int,
    interest: PrepaymentInterest,
    agreed: Prepayment,
) -> int:
    """Prepay principal, with interest as agreed; comes back with what is left."""
    course = money.course
    line = course.open
    assert line is not None
    settled = min(amount, course.unsettled()) if interest == "in_full" else 0
    fee_ppm = _fee_ppm(course, agreed)
    part, cost = _split(course, amount - settled, interest, fee_ppm)
    fee = rounded(part * fee_ppm, MILLION, course.terms.rounding)
    settled += cost
    if settled:
        course.settle(settled).pay(INTEREST, settled, paid_on)
        money.write(source, line, "interest", settled)
    if fee:
        line.asked[FEE] += fee
        line.pay(FEE, fee, paid_on)
        money.write(source, line, "fee", fee)
    if part:
        _reduce_flat(course, part)
        course.normal -= part
        course.take_early(line, part, paid_on, counts=False)
        money.write(source, line, "prepaid_principal", part)
    return amount - settled - fee - part


def _fee_ppm(course: Course, agreed: Prepayment) -> int:
    start = course.terms.start_date.toordinal()
    free = agreed.fee_free_after_months
    over = free and whole_months(start, max(start, course.today)) >= free
    return 0 if over else agreed.fee_ppm


def _split(
    course: Course, amount: int, interest: PrepaymentInterest, fee_ppm: int
) -> tuple[int, int]:
    """The largest principal that the amount can prepay, and the interest on it."""
    weight = course.factor * course.scale if interest == "prepaid_part" else 0

    def cost(part: int) -> int:
        if part == course.normal and weight:
            return course.unsettled()
        kept = rounded(part * weight, course.denominator, course.terms.rounding)
        return min(kept, course.unsettled())

    low, high = 0, min(amount, course.normal)
    for _ in range(64):
        if low >= high:
            break
        middle = (low + high + 1) // 2
        fee = rounded(middle * fee_ppm, MILLION, course.terms.rounding)
        if middle + cost(middle) + fee <= amount:
            low = middle
        else:
            high = middle - 1
    return low, cost(low) if low else 0


def _reduce_flat(course: Course, part: int) -> None:
    if course.method is Method.FLAT and course.normal:
        kept = course.normal - part
        course.flat_base = rounded(course.flat_base * kept, course.normal)


def payoff(course: Course) -> int:
    """What settles the loan today, before money held is counted."""
    for line in course.owing:
        touch(course, line)
    due = sum(line.open_amount(part) for line in course.owing for part in range(5))
    fee_ppm = _fee_ppm(course, course.terms.prepayment or Prepayment())
    fee = rounded(course.normal * fee_ppm, MILLION, course.terms.rounding)
    open_fee = 0 if course.open is None else course.open.open_amount(FEE)
    return due + course.unsettled() + course.normal + fee + open_fee


def pay_open_fees(money: Money, source: int, amount: int, paid_on: int) -> int:
    """Pay the fees charged to the open instalment before it falls due."""
    line = money.course.open
    fees = 0 if line is None else min(amount, line.open_amount(FEE))
    if line is not None and fees:
        line.pay(FEE, fees, paid_on)
        money.write(source, line, "fee", fees)
    return amount - fees
