"""Where fuzzing begins: the octets of the vectors, and for what no vector shows a few values of our own."""

import base64
from collections.abc import Iterator
from typing import Final

import msgspec

from tacit import acts, envelope, profile, query, submission
from tacit.audit import Item, MemoryLeaves, Pass, encode_standing
from tacit.cli.results import Result, sign_result
from tacit.errors import RefusedError, Rule
from tacit.record import Refusal, encode_entry, sign_receipt, sign_refusal
from tacit.record.archive import Kept, encode_kept
from tacit.record.checkpoint import Checkpoint
from tacit.record.equivocation import Equivocation, encode_equivocation
from tacit.record.note import Note, encode_lines
from tacit.record.proof_file import ProofFile
from tacit.record.refusal_file import RefusalFile, encode_refusal_file
from tacit.rules import encode_snapshot
from tacit.submission import Receipted, Refused, Submission, Unavailable
from tacit.testing import World
from tacit_services.gateway.board import Board
from tacit_services.gateway.going_on import Beside
from tacit_services.notary.standing import encode_signed
from tacit_services.projector.going_on import Remembered
from tacit_services.registrar.bodies import Named, encode_named
from tacit_services.right_edge import Head
from tests.conformance.vector import RECORDS, Vector, files
from tests.fuzz.formats import REGISTRAR, line_of
from tests.fuzz.kept_formats import SUM_BYTES, VERIFYING
from tests.fuzz.log_formats import POLICY, SIGNERS

OCTETS_MAX: Final = 65_536
"""A longer seed only makes each try slow."""
FIELDS: Final = {
    "act": {"octets": "act"},
    "envelope": {"octets": "envelope"},
    "leaf": {"octets": "leaf"},
    "entry": {"octets": "entry"},
    "detached": {"octets": "detached"},
    "keys": {"keys": "keys"},
    "signatures": {"envelope": "envelope"},
    "receipt": {"octets": "receipt"},
    "refusal": {"octets": "refusal"},
    "attestation": {"octets": "attestation"},
    "decision_bundle": {"octets": "decision-bundle"},
    "ruleset": {"octets": "ruleset"},
    "admission": {"envelope": "envelope"},
    "record": {"message": "entry"},
    "tile_path": {"path": "path"},
    "tile": {"octets": "tile"},
    "bundle": {"octets": "bundle"},
    "vkey": {"text": "vkey"},
    "note": {"octets": "note"},
    "signed_note": {"octets": "note"},
    "checkpoint": {"text": "checkpoint"},
    "proof_file": {"octets": "proof-file", "policy": "policy"},
    "witness_request": {"octets": "add-checkpoint"},
    "log_entry": {"message": "message"},
    "policy": {"octets": "policy", "policy": "policy"},
    "equivocation": {"octets": "equivocation"},
}
"""For each kind of vector its fields that hold octets, and of which target they are seeds."""

Seeds = dict[str, set[bytes]]


def seeds() -> Seeds:
    """The seeds of each target by its name."""
    found: Seeds = {}
    for name, raw in (*_vectors(), *_records(), *_own()):
        for target, octets in ((name, raw), *_within(name, raw)):
            if len(octets) <= OCTETS_MAX:
                found.setdefault(target, set()).add(octets)
    return found


def _vectors() -> Iterator[tuple[str, bytes]]:
    for path in files():
        case = msgspec.json.decode(path.read_bytes())["input"]
        for field, target in FIELDS.get(case["read"], {}).items():
            if case.get(field) is not None:
                prefix = bytes([max(0, case["width"] - 1) % 256]) if target in {"tile", "bundle"} else b""
                yield target, prefix + _octets(case[field])
        if case["read"] == "packed_frame":
            side = "client" if case["said_by"] == "client" else "server"
            yield f"{side}-msgpack", _octets(case["octets"])
            told = msgspec.json.decode(path.read_bytes(), type=Vector).output.get("json")
            if told is not None:
                yield f"{side}-json", str(told).encode()


def _octets(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    assert isinstance(value, dict)
    return value["utf8"].encode() if "utf8" in value else base64.b64decode(value["base64"])


def _records() -> Iterator[tuple[str, bytes]]:
    for path in sorted(RECORDS.glob("*.json")):
        for message in msgspec.json.decode(path.read_bytes())["messages"]:
            yield "entry", message.encode()


def _within(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What is inside of these octets, or around them."""
    if name == "entry":
        yield from (("message", raw), ("line", line_of(raw)), ("leaf", raw.partition(b"\n")[0]))
        yield from _of_envelope(raw.partition(b"\n")[2])
    if name == "envelope":
        yield from _of_envelope(raw)


def _of_envelope(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "envelope", raw
    try:
        read = envelope.decode(raw)
        yield "act", read.payload
        handed_in = submission.encode(Submission(read, None))
        yield from (("submission", handed_in), ("registrar", handed_in), ("shown", handed_in))
        if isinstance(content := acts.decode(read.payload).content, acts.EvidenceLodged):
            yield from (("attestation", envelope.encode(each)) for each in content.attestations)
    except RefusedError:
        return


def _own() -> Iterator[tuple[str, bytes]]:
    told = World(notary=True)
    leaf = told.entries[-1].leaf
    charter = told.entries[0].act.content
    assert isinstance(charter, acts.CharterDeposited)
    receipt = sign_receipt(leaf, REGISTRAR)
    refusal = sign_refusal(
        Refusal(
            organisation=told.organisation,
            act=leaf.act,
            submission=leaf.envelope,
            term=1,
            size=7,
            received_at=leaf.received_at,
            rule=Rule.EXPIRED,
            detail="late",
            ruleset=charter.ruleset,
        ),
        REGISTRAR,
    )
    yield from (("receipt", envelope.encode(receipt)), ("refusal", envelope.encode(refusal)))
    for answer in (Receipted(receipt), Refused(refusal), Unavailable("busy")):
        yield "answer", submission.encode_answer(answer)
    handed_in = submission.encode(Submission(told.entries[-1].envelope, None))
    yield "refusal-file", encode_refusal_file(RefusalFile(1, refusal, handed_in))
    raw = [encode_entry(each.leaf, envelope.encode(each.envelope)) for each in told.entries]
    yield from (("entry", each) for each in raw)
    yield "kept", encode_kept([Kept(index * 3, each[-40:]) for index, each in enumerate(raw)])
    yield "query", query.encode(query.Query(reader="XAA", where={"channel": "east"}, as_of=7))
    rows = (msgspec.Raw(b'{"a":1}'),)
    yield "rows", query.encode_answer(query.Rows("texts", 1, 7, 0, 0.5, ("a",), rows, None))
    yield "line", b'{"entry":"aGFsbG8="}'
    yield "size", b"17\n"
    yield from _of_log()
    yield from _of_kept(told)


def _of_kept(told: World) -> Iterator[tuple[str, bytes]]:
    """What services and verifiers keep; a sum or a signature stands before it in the file."""
    fold, beside = _folded(told)
    raw = encode_snapshot(fold.auditor.state, bytes(range(32)), beside)
    yield from (("snapshot", raw[SUM_BYTES:]), ("snapshot-file", raw), ("kept-beside", beside))
    yield "standing", encode_standing(fold.standing())
    named = Named()
    yield "kept-named", encode_named(named)
    named.add("ab" * 32)
    yield from (("kept-named", encode_named(named)), ("signed-head", encode_signed(Head(7, b"\7" * 32))))
    result = Result(
        v=1,
        organisation=told.organisation,
        size=fold.size,
        root="12" * 32,
        state="34" * 32,
        engine="1",
        withheld=0,
        checkpoint_size=0,
        policy="56" * 32,
        verified_at=told.now,
    )
    votes = msgspec.msgpack.encode({"9a" * 32: {"XAA": "OBJECTS"}})
    yield "kept-votes", votes
    yield "kept-beside-views", msgspec.msgpack.encode({"votes": Remembered(1, 17, votes)})
    going_on = msgspec.structs.replace(result, v=2, standing="78" * 32)
    for each in (result, going_on, msgspec.structs.replace(going_on, v=3, rules="bc" * 32)):
        yield from (("result", profile.encode(each)), ("result-file", sign_result(each, VERIFYING)))


def _folded(told: World) -> tuple[Pass, bytes]:
    """A pass over its record, and what a gateway knows of it besides."""
    fold, board = Pass(MemoryLeaves()), Board(told.state)
    for entry, effects in zip(told.entries, told.effects, strict=True):
        raw = encode_entry(entry.leaf, envelope.encode(entry.envelope))
        fold.take(Item(None, raw))
        board.watch(entry.leaf.index, entry, effects)
    return fold, msgspec.msgpack.encode(Beside((1, 2), board.noted()))


def _of_log() -> Iterator[tuple[str, bytes]]:
    first, second = (Checkpoint("log.example", 7, root * 32) for root in (b"\1", b"\2"))
    notes = [
        Note(each.text, tuple(signer.sign(each.text, 1_795_424_400) for signer in SIGNERS)) for each in (first, second)
    ]
    yield from (("note", note.encode()) for note in notes)
    yield "lines", encode_lines(notes[0].lines).encode()
    yield "proof-file", ProofFile(3, (b"\3" * 32, b"\4" * 32, b"\5" * 32), notes[0]).encode()
    yield "policy", POLICY.encode()
    told = [note.encode().decode() for note in notes]
    yield "equivocation", encode_equivocation(Equivocation(1, told[0], told[1], None, ()))
