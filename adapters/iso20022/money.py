"""Amounts of messages: decimal numbers of a currency there, whole minor units here; exact.

Source: ISO 4217 (decimal places of the minor unit); ISO 20022 allows five places in any currency.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.iso20022.xml import MessageInvalid
from kernel.common.fields import CURRENCY_CODES, MAX_AMOUNT_MINOR, minor_digits


def minor_units(value: Decimal, currency: str, path: str) -> int:
    """The amount in whole minor units; raises MessageInvalid for a part of one, or for nothing.

    >>> minor_units(Decimal("12.50"), "CNY", "Amt"), minor_units(Decimal("12"), "JPY", "Amt")
    (1250, 12)
    """
    if currency not in CURRENCY_CODES:
        raise MessageInvalid((path, f"{currency!r:.20} is not an ISO 4217 currency"))
    numerator, denominator = value.as_integer_ratio()
    per_unit: int = 10 ** minor_digits(currency)
    minor, rest = divmod(numerator * per_unit, denominator)
    if rest:
        raise MessageInvalid((path, f"{value} is no whole number of minor units of {currency}"))
    if not 1 <= minor <= MAX_AMOUNT_MINOR:
        raise MessageInvalid((path, f"{value} {currency} is out of range"))
    return minor


def decimal_amount(amount_minor: int, currency: str) -> Decimal:
    """The amount as a message has it.

    >>> decimal_amount(1250, "CNY"), decimal_amount(12, "JPY")
    (Decimal('12.50'), Decimal('12'))
    """
    digits = tuple(int(digit) for digit in str(abs(amount_minor)))
    return Decimal((int(amount_minor < 0), digits, -minor_digits(currency)))
