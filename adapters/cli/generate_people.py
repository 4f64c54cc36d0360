"""Made-up people and companies for a generated bank day: names, documents, accounts.

Source: GB 11643-1999 (resident identity number, check character by ISO 7064 MOD 11-2);
GB 32100-2015 (unified social credit code, check character by MOD 31-3). No real person is meant.
"""

from __future__ import annotations

import datetime
from random import Random

import msgspec

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
_GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛")
_TRADES = ("农机", "粮油", "物流", "建材", "餐饮", "果蔬", "纺织", "机电")
BRANCHES = ("0755", "0512", "0451")
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with a current account, and for some persons a class Ⅱ account bound to it."""

    customer_id: str
    name: str
    is_company: bool
    branch_id: str
    mobile: str
    document_number: str
    account_id: str
    class_ii_account_id: str = ""


def person(random: Random, number: int) -> Party:
    """The person of a number from 1; every fourth has a class Ⅱ account as well."""
    born_on = datetime.date(1960, 1, 1) + datetime.timedelta(days=random.randrange(16_000))
    return Party(
        customer_id=f"C{number:06d}",
        name=random.choice(_SURNAMES) + "".join(random.choices(_GIVEN, k=random.randint(1, 2))),
        is_company=False,
        branch_id=random.choice(BRANCHES),
        mobile=f"138{number:08d}",
        document_number=resident_number(born_on, number),
        account_id=f"621700{number:010d}",
        class_ii_account_id=f"621702{number:010d}" if number % 4 == 0 else "",
    )


def company(random: Random, number: int) -> Party:
    """The company of a number from 1."""
    return Party(
        customer_id=f"K{number:06d}",
        name=f"{random.choice(_SURNAMES)}氏{random.choice(_TRADES)}有限公司",
        is_company=True,
        branch_id=random.choice(BRANCHES),
        mobile=f"139{number:08d}",
        document_number=credit_code(number),
        account_id=f"880100{number:010d}",
    )


def resident_number(born_on: datetime.date, number: int) -> str:
    """A well-formed resident identity number; ``number`` tells people of one birthday apart.

    >>> resident_number(datetime.date(1949, 12, 31), 2)
    '110101194912310024'
    """
    area, sequence = divmod(number, 1000)
    body = f"{110101 + area}{born_on:%Y%m%d}{sequence:03d}"
    weighted = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(body))
    return body + "10X98765432"[weighted % 11]


def credit_code(number: int) -> str:
    """A well-formed unified social credit code of an enterprise.

    >>> credit_code(1)
    '91110000000000001H'
    """
    body = f"91110000{number:09d}"
    weighted = sum(_CODE_ALPHABET.index(sign) * pow(3, i, 31) for i, sign in enumerate(body))
    return body + _CODE_ALPHABET[-weighted % 31]
