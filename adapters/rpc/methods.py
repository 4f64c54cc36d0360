"""The methods of the services, as their protos describe them."""

from __future__ import annotations

from functools import cache
from typing import Any

from corebank.account.v1 import account_pb2
from corebank.audit.v1 import audit_pb2
from corebank.close.v1 import close_pb2
from corebank.collateral.v1 import collateral_pb2
from corebank.common.v1 import common_pb2
from corebank.customer.v1 import customer_pb2
from corebank.deposit.v1 import deposit_pb2
from corebank.grading.v1 import grading_pb2
from corebank.ledger.v1 import ledger_pb2
from corebank.limit.v1 import limit_pb2
from corebank.loan.v1 import loan_pb2, money_pb2, relief_pb2, standing_pb2
from corebank.operation.v1 import operation_pb2
from corebank.options.v1 import options_pb2
from corebank.payment.v1 import payment_pb2
from corebank.product.v1 import product_pb2
from corebank.rate.v1 import rate_pb2
from corebank.report.v1 import report_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kernel.application.use_cases import USE_CASES
from kernel.common.commands import Command

FILES = (
    customer_pb2,
    product_pb2,
    account_pb2,
    payment_pb2,
    loan_pb2,
    limit_pb2,
    collateral_pb2,
    deposit_pb2,
    relief_pb2,
    money_pb2,
    standing_pb2,
    rate_pb2,
    ledger_pb2,
    audit_pb2,
    operation_pb2,
    grading_pb2,
    report_pb2,
    close_pb2,
)

COMMANDS: dict[str, type[Command]] = {command.__name__: command for command in USE_CASES}
"""Every command by its name, which is the name of the method that takes it."""


@cache
def services() -> tuple[ServiceDescriptor, ...]:
    """Every service of the kernel."""
    return tuple(service for file in FILES for service in file.DESCRIPTOR.services_by_name.values())


@cache
def methods() -> dict[str, MethodDescriptor]:
    """Every method by its short name; short names are unique over all services."""
    return {method.name: method for service in services() for method in service.methods}


@cache
def permission_of(method: MethodDescriptor) -> str:
    """The permission that a method names; empty when it names none."""
    options: Any = method.GetOptions()
    return str(options.Extensions[options_pb2.permission])


@cache
def request_class(method: MethodDescriptor) -> type[Message]:
    """Class of the request message."""
    return GetMessageClass(method.input_type)


def reply_class(method: MethodDescriptor) -> Any:
    """Class of the reply message."""
    return GetMessageClass(method.output_type)


Receipt = common_pb2.Receipt
