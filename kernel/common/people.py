"""Words about customers that several areas share.

Source: PBoC/NFRA/CSRC Order 11 of 2025 (customer due diligence, risk based); 银发〔2018〕16号.
"""

from __future__ import annotations

from enum import StrEnum


class CustomerKind(StrEnum):
    """A natural person or an organisation."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


class IdentificationLevel(StrEnum):
    """How well a customer is identified, lowest first."""

    REGISTERED = "REGISTERED"
    REMOTE_BASIC = "REMOTE_BASIC"
    REMOTE_STRONG = "REMOTE_STRONG"
    FACE_TO_FACE = "FACE_TO_FACE"
    ENHANCED = "ENHANCED"

    @property
    def rank(self) -> int:
        """Position in the ladder, from 0.

        >>> IdentificationLevel.FACE_TO_FACE.rank
        3
        """
        return list(IdentificationLevel).index(self)
