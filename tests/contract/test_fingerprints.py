"""A stored fingerprint is compared with one that is made years later: neither may ever change."""

from __future__ import annotations

from kernel.application.requests import fingerprint, former_fingerprint
from kernel.payments.commands import Transfer

ASKED = Transfer(
    ordering_customer_id="C-1",
    payer_account_id="A-1",
    payee_account_id="A-2",
    amount_minor=700,
    currency="CNY",
    text="房租",
)


def test_the_fingerprint_of_a_command_is_what_it_was() -> None:
    assert fingerprint("Transfer", ASKED).hex() == "bbd2f9a55d8d5175a67ea1b65c22b251"


def test_the_former_fingerprint_of_a_command_is_what_it_was() -> None:
    assert former_fingerprint("Transfer", ASKED).hex() == "0d61cbdb757f0b2e4ca4aefa732920c8"
