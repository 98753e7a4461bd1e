"""The record as a Merkle log: written into an archive, signed, cosigned by the members' witnesses, published."""

from tacit_services.notary.confirming import Log
from tacit_services.notary.errors import (
    ArchiveDamagedError,
    HistoryDiffersError,
    NoLogKeysError,
    NotaryError,
    RecordBehindError,
    RecordDiffersError,
)
from tacit_services.notary.notarising import Notary, Ports
from tacit_services.notary.ports import Witness
from tacit_services.notary.settings import NotarySettings
from tacit_services.notary.watch import Watch

__all__ = [
    "ArchiveDamagedError",
    "HistoryDiffersError",
    "Log",
    "NoLogKeysError",
    "Notary",
    "NotaryError",
    "NotarySettings",
    "Ports",
    "RecordBehindError",
    "RecordDiffersError",
    "Watch",
    "Witness",
]
