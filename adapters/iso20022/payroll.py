"""A pain.001 message becomes commands: one transfer for each credit transfer.

Units: whole minor units. A salary (code SALA) is a transfer with purpose PAYROLL. The command id is
made of the message's own identifications, so the same file fed twice is the same commands.
Source: ISO 20022 external code sets (category purpose and purpose SALA).
"""

from __future__ import annotations

import hashlib

import msgspec

from adapters.iso20022.pain001 import CreditTransfer, Initiation
from adapters.iso20022.xml import VIOLATIONS_MAX, MessageInvalid
from kernel.common.fields import shaped
from kernel.common.refusals import InvalidInput
from kernel.payments.commands import Transfer, TransferPurpose

SALARY = "SALA"


class TransferOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer to be asked for, under its command id, on the day that the payer requested."""

    command_id: str
    requested_on: str
    command: Transfer


def transfer_orders(
    initiation: Initiation, ordering_customer_id: str | None = None
) -> list[TransferOrder]:
    """One order for each credit transfer; raises MessageInvalid with the paths that have no shape.

    The customer who orders is the one given, else the debtor's identification, else that of the
    initiating party.
    """
    orders: list[TransferOrder] = []
    violations: list[tuple[str, str]] = []
    for one in initiation.transfers:
        customer_id = ordering_customer_id or one.debtor_id or initiation.initiating_id
        if not customer_id:
            violations.append((one.path, "neither debtor nor initiating party is identified"))
            continue
        try:
            command = shaped(Transfer, _request(one, customer_id))
        except InvalidInput as error:
            violations += [(f"{one.path}: {field}", reason) for field, reason in error.violations]
            continue
        orders.append(
            TransferOrder(
                command_id=command_id(initiation, one),
                requested_on=str(one.requested_on),
                command=command,
            )
        )
    if violations:
        raise MessageInvalid(*violations[:VIOLATIONS_MAX])
    return orders


def _request(one: CreditTransfer, customer_id: str) -> dict[str, str | int]:
    purpose = TransferPurpose.PAYROLL if SALARY in one.purposes else TransferPurpose.ORDINARY
    return {
        "ordering_customer_id": customer_id,
        "payer_account_id": one.debtor_account,
        "payee_account_id": one.creditor_account,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "purpose": purpose.value,
        "text": one.text,
    }


def command_id(initiation: Initiation, one: CreditTransfer) -> str:
    """The command id: a digest of message, group, end-to-end and instruction identification."""
    names = (
        initiation.message_id,
        one.payment_information_id,
        one.end_to_end_id,
        one.instruction_id,
    )
    digest = hashlib.sha256(msgspec.json.encode(names)).hexdigest()
    return f"pain001-{digest[:32]}"
