"""What a service kept of its fold, read back: of the right record, whole, by this version; or why it is of no use."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from tacit.ids import ActId, Digest
from tacit.rules import (
    DamagedSnapshotError,
    OtherRulesError,
    OtherSnapshotError,
    RuleSet,
    Snapshot,
    decode_snapshot,
    rules_digest,
)
from tacit_services.ports import KeptState, StoreFailedError

T = TypeVar("T")

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a reader of MessagePack raises of octets that are not of its type."""


class UnusableStateError(Exception):
    """What was kept is of no use, for a reason from the list in docs/reference/registrar.md: fold the record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def read_state(
    kept: KeptState, rulesets: Mapping[Digest, RuleSet], organisation: ActId, last: int
) -> Snapshot | None:
    """What was kept of the record of this organisation, which has `last` entries; None where nothing was.

    Whether the record has its root is still to be seen. Raises UnusableStateError.
    """
    rules_digest()  # Of what this process has loaded, at its start: an upgrade may lay other files under it later.
    try:
        raw = await kept.read()
        found = decode_snapshot(raw, rulesets) if raw is not None else None
    except StoreFailedError as error:
        raise UnusableStateError("unreadable") from error
    except DamagedSnapshotError as error:
        raise UnusableStateError("damaged") from error
    except OtherRulesError as error:
        raise UnusableStateError("other_rules") from error
    except OtherSnapshotError as error:
        raise UnusableStateError("other_version") from error
    if found is not None and found.organisation != organisation:
        raise UnusableStateError("other_organisation")
    if found is not None and found.size > last:
        raise UnusableStateError("longer_than_the_record")
    return found


def read_beside(decoder: "msgspec.msgpack.Decoder[T]", raw: bytes) -> T:
    """What a service kept beside a state. Raises UnusableStateError: another version wrote it."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        raise UnusableStateError("other_version") from error
