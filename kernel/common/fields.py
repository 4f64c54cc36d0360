"""Field types of commands and events, with their bounds. Checked once, at the edge.

Units: money in whole minor units (fen for CNY, yen for JPY); dates are calendar days.
Ids are plain ASCII, so two Unicode spellings of one id cannot exist. Free text is stored in
Unicode normal form C, without control characters.
Source: ISO 4217 for currencies; an id has at most 40 characters, so a UUID fits.
"""

from __future__ import annotations

import datetime
import unicodedata
from typing import Annotated, Any, TypeVar

import msgspec
from iso4217 import Currency as Iso4217

from kernel.common.refusals import InvalidInput

MAX_AMOUNT_MINOR = 10**15
"""Largest amount of one instruction: ten trillion yuan in fen. Sums of millions fit in 64 bits."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")]
AmountMinor = Annotated[int, msgspec.Meta(ge=1, le=MAX_AMOUNT_MINOR)]
AmountMinorOrZero = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT_MINOR)]
CurrencyCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Text = Annotated[
    str, msgspec.Meta(max_length=140, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z")
]
RequiredText = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=140, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"),
]
Day = datetime.date

CURRENCY_CODES = frozenset(c.code for c in Iso4217 if c.exponent is not None)


def minor_digits(currency: str) -> int:
    """Decimal places of the minor unit (ISO 4217): 2 for CNY, 0 for JPY.

    >>> minor_digits("CNY"), minor_digits("JPY")
    (2, 0)
    """
    exponent = Iso4217(currency).exponent
    assert exponent is not None, currency
    return int(exponent)


T = TypeVar("T")


def shaped(kind: type[T], raw: dict[str, Any]) -> T:
    """Build a command from plain values, or raise InvalidInput with the path that is wrong.

    Text is normalised to Unicode form C first; numbers must be whole; unknown fields are refused;
    every field named ``currency`` must be in ISO 4217.

    >>> class Pay(msgspec.Struct, forbid_unknown_fields=True):
    ...     amount_minor: AmountMinor
    >>> shaped(Pay, {"amount_minor": 5})
    Pay(amount_minor=5)
    >>> shaped(Pay, {"amount_minor": 0})
    Traceback (most recent call last):
    kernel.common.refusals.InvalidInput: amount_minor: Expected `int` >= 1
    """
    plain = _plain(raw, "")
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise InvalidInput((path.rstrip("`").removeprefix("$.") or "$", reason)) from None


def _plain(value: Any, path: str) -> Any:
    """The same value with text in form C; a currency outside ISO 4217 is refused by its path."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        if path.rpartition(".")[2] == "currency" and text not in CURRENCY_CODES:
            raise InvalidInput((path, f"{text!r:.20} is not an ISO 4217 currency"))
        return text
    if isinstance(value, dict):
        return {name: _plain(item, f"{path}.{name}".lstrip(".")) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    return value
