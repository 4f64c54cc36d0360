"""Messages for tests: a payroll of two salaries, and samples that are not ours."""

from __future__ import annotations

import datetime
from pathlib import Path

from adapters.iso20022.pain001_writer import Payroll, Salary, write_pain001

SAMPLES = Path(__file__).with_name("samples")


def sample(name: str) -> bytes:
    """A sample message by its file name; samples/README.md tells where it is from."""
    return (SAMPLES / name).read_bytes()


def payroll(*salaries: Salary, currency: str = "CNY") -> Payroll:
    """The salaries of one company; two when none are given."""
    return Payroll(
        message_id="PAYROLL-20260302",
        created_at=datetime.datetime(2026, 3, 2, 9),
        execute_on=datetime.date(2026, 3, 2),
        customer_id="K000001",
        company="陈氏粮油有限公司",
        account_id="8801000000000001",
        currency=currency,
        salaries=salaries or (salary("S-1", 325_000), salary("S-2", 298_050)),
    )


def salary(reference: str, amount_minor: int) -> Salary:
    """A salary of a person."""
    return Salary(
        reference=reference,
        name="王芳",
        account_id=f"62170000{reference}",
        amount_minor=amount_minor,
        text="2026年3月工资",
    )


def changed(old: str, new: str, count: int = 1) -> bytes:
    """The payroll's message with a text replaced; the text must stand in it."""
    message = write_pain001(payroll()).decode()
    assert old in message
    return message.replace(old, new, count).encode()
