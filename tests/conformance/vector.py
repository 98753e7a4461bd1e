"""A conformance vector: one case in one file, and what this implementation says to it.

The files in protocol/vectors are the judge of any implementation; `judge` is this one's answer. What each operation
asks for is told to others in protocol/vectors/README.md.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from tacit import acts, detached, envelope, packed, profile
from tacit.decision_bundle import decode_bundle_file, open_bundle
from tacit.detached import check_detached
from tacit.errors import RefusedError
from tacit.ids import Digest, Suite
from tacit.keys import Keys, Possession, Verifier, check_keys, check_possession, fingerprint, key_id
from tacit.limits import FRAME_BYTES_MAX
from tacit.record import Leaf, decode_entry, open_receipt, open_refusal
from tacit.record import leaf as leaf_format
from tacit.record.attestation import attestation_id, read_attestation, verify_attestation
from tacit.record.vkey import parse_vkey
from tacit.rules import (
    State,
    Verifiers,
    admit,
    apply_bytes,
    catalogue,
    check_signatures,
    enact,
    genesis,
    read_ruleset,
    signing_keys,
)
from tacit.rules.effects import EntryVoid
from tacit.session import JSON, ClientFrame, ServerFrame, SessionError
from tests.conformance import log_vector as log
from tests.conformance import session_vector as session
from tests.conformance.octets import Case, Octets, Output

VECTORS: Final = Path(__file__).resolve().parents[2] / "protocol" / "vectors"
RECORDS: Final = VECTORS / "records"
ACCEPTED: Final = "accepted"
KEYS_BYTES_MAX: Final = 16_384


class KeySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of one credential, as they are hashed into its fingerprint."""

    keys: Keys


_client_frames: Final[msgspec.msgpack.Decoder[ClientFrame]] = msgspec.msgpack.Decoder(ClientFrame)
_server_frames: Final[msgspec.msgpack.Decoder[ServerFrame]] = msgspec.msgpack.Decoder(ServerFrame)
_key_sets: Final = msgspec.json.Decoder(KeySet)


def read_keys(octets: Octets) -> Keys:
    return profile.decode(octets.raw(), _key_sets, KEYS_BYTES_MAX).keys


class ActCase(Case, frozen=True, tag="act"):
    octets: Octets

    def run(self) -> Output:
        acts.decode(self.octets.raw())
        return {"act_id": envelope.act_id(self.octets.raw())}


class EnvelopeCase(Case, frozen=True, tag="envelope"):
    octets: Octets

    def run(self) -> Output:
        read = envelope.decode(self.octets.raw())
        message = envelope.pae(envelope.ACT_TYPE, read.payload)
        return {
            "pae_sha256": envelope.digest(message),
            "act_id": envelope.act_id(read.payload),
            "envelope_sha256": envelope.digest(self.octets.raw()),
        }


class LeafCase(Case, frozen=True, tag="leaf"):
    octets: Octets

    def run(self) -> Output:
        leaf_format.decode(self.octets.raw())
        return {}


class EntryCase(Case, frozen=True, tag="entry"):
    octets: Octets

    def run(self) -> Output:
        entry = decode_entry(self.octets.raw())
        return {"act_id": entry.leaf.act, "index": entry.leaf.index}


class DetachedCase(Case, frozen=True, tag="detached"):
    claimed: Digest | None
    octets: Octets | None

    def run(self) -> Output:
        body = None if self.octets is None else detached.decode(self.octets.raw())
        check_detached(self.claimed, body)
        return {} if body is None else {"digest": body.digest()}


class KeysCase(Case, frozen=True, tag="keys"):
    keys: Octets
    suite: Suite

    def run(self) -> Output:
        keys = read_keys(self.keys)
        check_keys(keys, self.suite)
        return {"key_ids": [key_id(key) for key in keys], "fingerprint": fingerprint(keys)}


class PossessionCase(Case, frozen=True, tag="possession"):
    keys: Octets
    claim: Possession
    possession: tuple[envelope.Signature, ...]

    def run(self) -> Output:
        check_possession(read_keys(self.keys), self.possession, self.claim)
        return {}


class SignaturesCase(Case, frozen=True, tag="signatures"):
    signers: tuple[Octets, ...]
    envelope: Octets

    def run(self) -> Output:
        verifiers = tuple(Verifier(read_keys(keys)) for keys in self.signers)
        check_signatures(verifiers, envelope.decode(self.envelope.raw()))
        return {}


class ReceiptCase(Case, frozen=True, tag="receipt"):
    registrar: Octets
    octets: Octets

    def run(self) -> Output:
        return {"index": open_receipt(self.octets.raw(), Verifier(read_keys(self.registrar))).index}


class RefusalCase(Case, frozen=True, tag="refusal"):
    registrar: Octets
    octets: Octets

    def run(self) -> Output:
        return {"rule": open_refusal(self.octets.raw(), Verifier(read_keys(self.registrar))).rule}


class AttestationCase(Case, frozen=True, tag="attestation"):
    vkey: str
    octets: Octets

    def run(self) -> Output:
        read = envelope.decode(self.octets.raw(), envelope.ATTESTATION_TYPE)
        attestation = read_attestation(read)
        verify_attestation(read, parse_vkey(self.vkey))
        return {"attestation_id": attestation_id(attestation)}


class RuleSetCase(Case, frozen=True, tag="ruleset"):
    octets: Octets

    def run(self) -> Output:
        return {"sha256": read_ruleset(self.octets.raw()).ref.sha256}


class PackedFrameCase(Case, frozen=True, tag="packed_frame"):
    """A frame of `tacit.v1+msgpack`."""

    said_by: Literal["client", "gateway"]
    octets: Octets

    def run(self) -> Output:
        return {"json": JSON.encode(self._frame()).decode()}

    def _frame(self) -> ClientFrame | ServerFrame:
        if self.said_by == "client":
            return packed.decode(self.octets.raw(), _client_frames, FRAME_BYTES_MAX)
        return packed.decode(self.octets.raw(), _server_frames, FRAME_BYTES_MAX)


class BundleCase(Case, frozen=True, tag="decision_bundle"):
    """A bundle, read under the policy of its own organisation."""

    octets: Octets

    def run(self) -> Output:
        opened = open_bundle(decode_bundle_file(self.octets.raw()))
        return {"index": opened.decision.leaf.index, "others": opened.others, "hidden": opened.hidden}


class AdmissionCase(Case, frozen=True, tag="admission"):
    """An act received at a time, at the end of a record."""

    record: str | None
    received_at: datetime
    envelope: Octets

    def run(self) -> Output:
        raw = self.envelope.raw()
        state, verifiers = folded(self.record)
        read = envelope.decode(raw)
        act = acts.decode(read.payload)
        check_signatures(signing_keys(state, act, verifiers), read)
        act_id = envelope.act_id(read.payload)
        admit(state, act, act_id, self.received_at)
        term = getattr(act.content, "term", state.term)
        organisation = state.organisation or act_id
        leaf = Leaf(1, organisation, state.size, term, self.received_at, act_id, envelope.digest(raw))
        return {"act_id": act_id, "effects": msgspec.to_builtins(enact(state, act, leaf))}


class RecordCase(Case, frozen=True, tag="record"):
    """A message of the stream, at the end of a record."""

    record: str
    message: Octets

    def run(self) -> Output:
        state, verifiers = folded(self.record)
        _, effects = apply_bytes(state, self.message.raw(), verifiers)
        for effect in effects:
            if isinstance(effect, EntryVoid):
                raise RefusedError(effect.rule, effect.detail)
        return {"size": state.size, "effects": msgspec.to_builtins(effects)}


Input = (
    ActCase
    | EnvelopeCase
    | LeafCase
    | EntryCase
    | DetachedCase
    | KeysCase
    | PossessionCase
    | SignaturesCase
    | ReceiptCase
    | RefusalCase
    | AttestationCase
    | RuleSetCase
    | PackedFrameCase
    | AdmissionCase
    | BundleCase
    | RecordCase
    | log.TreeCase
    | log.InclusionCase
    | log.ConsistencyCase
    | log.TilePathCase
    | log.TileCase
    | log.BundleCase
    | log.VkeyCase
    | log.NoteCase
    | log.SignedNoteCase
    | log.CheckpointCase
    | log.ProofFileCase
    | log.RequestCase
    | log.EquivocationCase
    | log.LogEntryCase
    | log.PolicyCase
    | log.OrganisationLogCase
    | session.CheckpointShownCase
    | session.SeenCase
    | session.StandingCase
    | session.HeardCase
    | session.ResumedCase
    | session.ReadAgainCase
)


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One case: the clause that decides it, and the outcome. `hedged`: it holds signatures that nobody can repeat."""

    clause: str
    comment: str
    input: Input
    expect: str
    output: Output = {}
    hedged: bool = False


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record on which cases build: the messages of its stream, in order."""

    comment: str
    messages: tuple[str, ...]


@cache
def _messages(name: str) -> tuple[bytes, ...]:
    record = msgspec.json.decode((RECORDS / f"{name}.json").read_bytes(), type=Record)
    return tuple(message.encode() for message in record.messages)


def folded(name: str | None) -> tuple[State, Verifiers]:
    """The state after a named record, or before any."""
    state, verifiers = genesis(catalogue()), Verifiers()
    for message in _messages(name) if name else ():
        apply_bytes(state, message, verifiers)
    return state, verifiers


def judge(vector: Vector) -> tuple[str, Output]:
    """This implementation's outcome and output."""
    try:
        output = vector.input.run()
    except (RefusedError, SessionError) as error:
        return str(error.rule), {}
    # As it comes back from a file: JSON knows lists, not tuples.
    return ACCEPTED, msgspec.json.decode(msgspec.json.encode(output), type=Output)


def files() -> Iterator[Path]:
    """Every vector, records apart."""
    yield from sorted(path for path in VECTORS.glob("*/*.json") if path.parent != RECORDS)


def load(path: Path) -> Vector:
    return msgspec.json.decode(path.read_bytes(), type=Vector)


def write(value: msgspec.Struct) -> bytes:
    """How a vector or a record lies in its file."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
