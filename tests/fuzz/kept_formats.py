"""What is kept of a fold, and what a verification signs, as targets: read from files of one's own, but read warily.

A snapshot begins with a sum, and a result bears a signature, which noise never has: both are made right first.
"""

import hashlib
from typing import Final

import msgspec

from tacit import envelope, profile
from tacit.audit import decode_standing, encode_standing
from tacit.cli.results import RESULT_TYPE, Result, open_result
from tacit.envelope import Envelope, pae
from tacit.keys import Verifier
from tacit.rules import (
    DamagedSnapshotError,
    OtherSnapshotError,
    Snapshot,
    catalogue,
    decode_snapshot,
    encode_snapshot,
)
from tacit.testing import signer_for
from tacit_services.gateway.going_on import Beside, decode_beside
from tacit_services.kept_states import UnusableStateError
from tacit_services.notary.standing import decode_signed, encode_signed
from tacit_services.projector.going_on import Remembered
from tacit_services.projector.going_on import decode_beside as decode_beside_views
from tacit_services.projector.votes import Ballots
from tacit_services.registrar.bodies import decode_named, encode_named
from tests.fuzz.target import FORM, Target, lenient, strict

SUM_BYTES: Final = 32
RULESETS: Final = catalogue()
VERIFYING: Final = signer_for("ORG/verifying")
_verifier: Final = Verifier(VERIFYING.keys)


def read_snapshot(rest: bytes) -> Snapshot:
    """What comes after the sum."""
    return decode_snapshot(hashlib.sha256(rest).digest() + rest, RULESETS)


def write_snapshot(found: Snapshot) -> bytes:
    return encode_snapshot(found.state, bytes.fromhex(found.digest), found.beside)[SUM_BYTES:]


def never(raw: bytes) -> None:
    """Octets with a sum that is right are the business of the target above."""
    found = decode_snapshot(raw, RULESETS)
    assert raw[:SUM_BYTES] == hashlib.sha256(raw[SUM_BYTES:]).digest(), found.size


def read_result(payload: bytes) -> Result:
    """What the key has signed."""
    signed = Envelope(payload, RESULT_TYPE, VERIFYING.sign(pae(RESULT_TYPE, payload)))
    return open_result(envelope.encode(signed), _verifier)


def read_result_file(raw: bytes) -> None:
    """Noise that the key has not signed."""
    open_result(raw, _verifier)


def encode_beside(beside: Beside) -> bytes:
    return msgspec.msgpack.encode(beside)


def read_named(raw: bytes) -> tuple[int, tuple[str, ...]]:
    named = decode_named(raw)
    assert encode_named(named)
    return named.count, tuple(named.last)


def write_named(found: tuple[int, tuple[str, ...]]) -> bytes:
    return msgspec.msgpack.encode({"count": found[0], "last": found[1]})


def read_signed(raw: bytes) -> bytes:
    """There is no error: a file that cannot be read says nothing."""
    head = decode_signed(raw)
    return b"" if head is None else encode_signed(head)


def encode_beside_views(beside: dict[str, Remembered]) -> bytes:
    return msgspec.msgpack.encode(beside)


def recall(raw: bytes) -> bytes:
    """The votes that a view had in mind, as it says them again."""
    ballots = Ballots()
    ballots.recall(raw)
    return ballots.remembered()


SNAPSHOT: Final = (DamagedSnapshotError, OtherSnapshotError)
UNUSABLE: Final = (UnusableStateError,)

TARGETS: Final = [
    Target("snapshot", strict(read_snapshot, write_snapshot), (), SNAPSHOT),
    Target("snapshot-file", never, (), SNAPSHOT),
    Target("standing", strict(decode_standing, encode_standing), (), (OtherSnapshotError,)),
    Target("result", strict(read_result, profile.encode), FORM),
    Target("result-file", read_result_file, (*FORM, "envelope.", "signature.")),
    Target("kept-named", lenient(read_named, write_named), (), UNUSABLE),
    Target("kept-beside", lenient(decode_beside, encode_beside), (), UNUSABLE),
    Target("kept-beside-views", lenient(decode_beside_views, encode_beside_views), (), UNUSABLE),
    Target("kept-votes", lenient(recall, bytes), (), UNUSABLE),
    Target("signed-head", lenient(read_signed, bytes), (), ()),
]
