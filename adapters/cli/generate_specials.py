"""The rarer acts of a generated day: holds, two-phase payments, a reversal, a freeze, refusals.

Units: whole minor units (fen). Each stands on money that the day's plan leaves on every account:
at least 10,000 yuan for a person and 100,000 yuan for a company.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from adapters.cli.day_file import DayLine
from adapters.cli.generate_people import Party

CURRENCY = "CNY"
FAR_TOO_MUCH_MINOR = 10**14
CLASS_II_DAY_CAP_MINOR = 1_000_000


def special_lines(
    people: list[Party], companies: list[Party], date: datetime.date
) -> Iterator[DayLine]:
    """One or a few of each; lines that others mean are named, the rest get numbers."""
    payer, payee, frozen, shop = people[0], people[1], people[2], companies[0]
    card = next(one for one in people if one.class_ii_account_id)
    later = str(date + datetime.timedelta(days=30))
    yield from _withdrawals(people, companies)
    yield from _holds(payer, shop, later)
    yield from _two_phase(payer, payee, shop, later)
    yield _line("Transfer", _pay(payer, payee.account_id, 88_800, "付错了"), name="mistake")
    yield _line("ReversePayment", {"reason": "重复付款"}, principal="teller", payment_of="mistake")
    yield from _standing_order(payer, payee, date)
    yield from _freeze(frozen, shop, date)
    yield _refused("INSUFFICIENT_FUNDS", _pay(payer, shop.account_id, FAR_TOO_MUCH_MINOR, "房款"))
    other = {
        **_pay(payer, shop.account_id, 100, "别人的钱"),
        "ordering_customer_id": payee.customer_id,
    }
    yield _refused("NOT_THE_HOLDER", other)
    too_much = _pay(card, shop.account_id, CLASS_II_DAY_CAP_MINOR + 1, "超限")
    yield _line("Transfer", {**_pay(card, card.class_ii_account_id, 1_000_000, "转入二类户")})
    yield _refused("CAP_EXCEEDED", {**too_much, "payer_account_id": card.class_ii_account_id})


def _line(
    method: str,
    request: dict[str, Any],
    *,
    principal: str = "channel",
    name: str = "unnamed",
    payment_of: str | None = None,
    expect: str | None = None,
) -> DayLine:
    return DayLine(
        method=method,
        command_id=name,
        request=request,
        principal=principal,
        payment_of=payment_of,
        expect=expect,
    )


def _pay(payer: Party, payee_account_id: str, amount_minor: int, text: str) -> dict[str, Any]:
    return {
        "ordering_customer_id": payer.customer_id,
        "payer_account_id": payer.account_id,
        "payee_account_id": payee_account_id,
        "amount_minor": amount_minor,
        "currency": CURRENCY,
        "text": text,
    }


def _refused(code: str, request: dict[str, Any]) -> DayLine:
    return _line("Transfer", request, expect=code)


def _withdrawals(people: list[Party], companies: list[Party]) -> Iterator[DayLine]:
    """Cash for every twentieth person, and a payment to another bank by each company."""
    for one, amount_minor, where in [
        *((one, 50_000, "CASH") for one in people[::20]),
        *((one, 1_000_000, "CLEARING") for one in companies),
    ]:
        yield _line(
            "Withdraw",
            {
                "ordering_customer_id": one.customer_id,
                "account_id": one.account_id,
                "amount_minor": amount_minor,
                "currency": CURRENCY,
                "destination": where,
                "branch_id": one.branch_id,
                "reference": "取款" if where == "CASH" else "跨行汇出",
            },
            principal="teller",
        )


def _holds(payer: Party, shop: Party, later: str) -> Iterator[DayLine]:
    """A deposit held for a machine and paid in part; another one, for tools, let go."""
    for hold_id in ("machine", "tools"):
        yield _line(
            "PlaceHold",
            {
                "account_id": payer.account_id,
                "hold_id": hold_id,
                "amount_minor": 200_000,
                "currency": CURRENCY,
                "expires_on": later,
                "reason": "农机押金",
            },
        )
    yield _line(
        "CaptureHold",
        {
            "account_id": payer.account_id,
            "hold_id": "machine",
            "amount_minor": 150_000,
            "payee_account_id": shop.account_id,
            "release_rest": True,
        },
    )
    released = {"account_id": payer.account_id, "hold_id": "tools", "reason": "已归还"}
    yield _line("ReleaseHold", released)


def _two_phase(payer: Party, payee: Party, shop: Party, later: str) -> Iterator[DayLine]:
    """Two orders: one delivered in part and captured, one cancelled and released."""
    for name, to in (("order-1", shop), ("order-2", payee)):
        request = {**_pay(payer, to.account_id, 120_000, "订单"), "expires_on": later}
        yield _line("ReservePayment", request, name=name)
    yield _line("CapturePayment", {"amount_minor": 99_900}, payment_of="order-1")
    yield _line("ReleasePayment", {"reason": "订单取消"}, payment_of="order-2")


def _standing_order(payer: Party, payee: Party, date: datetime.date) -> Iterator[DayLine]:
    """Rent from today on, every month, and today's run of it."""
    rent = {
        **_pay(payer, payee.account_id, 150_000, "房租"),
        "standing_order_id": "rent-1",
        "first_on": str(date),
        "every": "MONTHS",
        "interval": 1,
    }
    yield _line("SetStandingOrder", rent)
    due = {"standing_order_id": "rent-1", "due_on": str(date)}
    yield _line("RunStandingOrder", due, principal="operator")


def _freeze(frozen: Party, shop: Party, date: datetime.date) -> Iterator[DayLine]:
    """A court freezes an account; it pays nothing from then on."""
    freeze = {
        "account_id": frozen.account_id,
        "restraint_id": "freeze-1",
        "kind": "JUDICIAL_FREEZE",
        "authority": "深圳市南山区人民法院",
        "notice_number": "(2026)粤0305执保1号",
        "direction": "DEBIT",
        "expires_on": str(date + datetime.timedelta(days=180)),
    }
    yield _line("PlaceRestraint", freeze, principal="teller")
    yield _refused("DEBIT_RESTRAINED", _pay(frozen, shop.account_id, 100, "冻结后付款"))
