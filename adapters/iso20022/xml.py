"""Safe reading of an ISO 20022 message: bounded, without document type, valid by its schema.

Source: ISO 20022-4 (messages are UTF-8 XML, described by an XML schema); a document type is the way
of entity attacks, and no message of the standard has one.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from xml.parsers import expat

from lxml import etree

from kernel.common.refusals import InvalidInput

BYTES_MAX = 20 * 1024 * 1024
"""A pain.001 of ten thousand payments has about eight million bytes."""
VIOLATIONS_MAX = 20
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


class MessageInvalid(InvalidInput):
    """The message is not what it claims to be; ``violations`` holds pairs of path and reason."""


class _PrologRead(Exception):
    """The root element began: no document type can follow."""


def parse(data: bytes, messages: tuple[str, ...]) -> tuple[str, etree._Element]:
    """Name of the message and its root element; raises MessageInvalid.

    ``messages`` are the names that the caller can read, as ``pain.001.001.09``.
    """
    if len(data) > BYTES_MAX:
        raise MessageInvalid(("$", f"{len(data)} bytes; {BYTES_MAX} are allowed"))
    _refuse_document_type(data)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MessageInvalid(("$", f"not well-formed: {error.msg}")) from None
    name = etree.QName(root)
    message = (name.namespace or "").removeprefix(NAMESPACE)
    if name.localname != "Document" or message not in messages:
        raise MessageInvalid(("$", f"{message[:60] or name.localname!r} is not read here"))
    require_valid(root, message)
    return message, root


def require_valid(root: etree._Element, message: str) -> None:
    """The element is valid by the schema of the message; raises MessageInvalid."""
    schema = _schema(message)
    if not schema.validate(root):
        raise MessageInvalid(
            *(
                (f"line {error.line}", error.message.replace(f"{{{NAMESPACE}{message}}}", ""))
                for error in list(schema.error_log)[:VIOLATIONS_MAX]
            )
        )


def _refuse_document_type(data: bytes) -> None:
    """Read up to the root element only; a document type before it is refused."""

    def refuse(*_: object) -> None:
        raise MessageInvalid(("$", "a document type is not allowed"))

    def begin(*_: object) -> None:
        raise _PrologRead

    prolog = expat.ParserCreate()
    prolog.StartDoctypeDeclHandler = refuse
    prolog.StartElementHandler = begin
    try:
        prolog.Parse(data, True)
    except _PrologRead:
        return
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise MessageInvalid(("$", f"not well-formed: {error}")) from None


@functools.cache
def _schema(message: str) -> etree.XMLSchema:
    """The compiled schema of a message."""
    source = files("adapters.iso20022") / "schemas" / f"{message}.xsd"
    return etree.XMLSchema(etree.fromstring(source.read_bytes()))
