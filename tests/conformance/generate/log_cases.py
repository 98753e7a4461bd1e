"""Cases of docs/reference/spec/log.md."""

import hashlib
from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit import acts, envelope
from tacit.errors import Rule
from tacit.record import leaf as leaf_format
from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import NoteSigner
from tacit.record.log_signing import LogSigner
from tacit.record.merkle import EMPTY_ROOT, leaf_hash
from tacit.record.note import Note, NoteLine
from tacit.record.organisation_log import origin
from tacit.record.policy import Group, LogLine, Policy, WitnessLine
from tacit.record.proof_file import ProofFile
from tacit.record.proofs import consistency_proof, inclusion_proof
from tacit.record.vkey import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Vkey
from tacit.testing import World, log_signer, witness_signer
from tests.conformance import log_vector as log
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.tree_cases import ENTRIES, nodes, tree
from tests.conformance.octets import Octets, show

ORIGIN: Final = "tacit/record/v1/" + "0" * 64
AT_S: Final = 1_795_424_400


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


LOG: Final = NoteSigner(ORIGIN, ED25519, seed("log"))
LOG_PQ: Final = NoteSigner(ORIGIN, MLDSA44_COSIGNATURE, seed("log"))
WITNESSES: Final = {name: NoteSigner(f"{name.lower()}.example/w", ED25519_COSIGNATURE, seed(name)) for name in "ABC"}


CHECKPOINT: Final = Checkpoint(ORIGIN, 7, tree(7).root())
NOTE: Final = Note(CHECKPOINT.text, (LOG.sign(CHECKPOINT.text),))
COSIGNED: Final = NOTE.with_lines(*(each.sign(CHECKPOINT.text, AT_S) for each in list(WITNESSES.values())[:2]))
POLICY: Final = Policy(
    (LogLine(LOG.vkey),),
    {name: WitnessLine(each.vkey) for name, each in WITNESSES.items()},
    {"most": Group(2, ("A", "B", "C"))},
    "most",
)


def vectors() -> Iterator[Named]:
    yield from _organisation()
    yield from _keys()
    yield from _notes()
    yield from _signatures()
    yield from _checkpoints()
    yield from _proof_files()
    yield from _policies()
    yield from _requests()
    yield from _messages()


def _organisation() -> Iterator[Named]:
    world = World(("XAA", "XBB", "XCC"), witnessed=True)
    plain = World(("XAA", "XBB", "XCC"))
    charter = show(acts.encode(world.entries[0].act))
    for slug, comment, given, rule in (
        ("charter", "Name, keys and policy are those of the charter.", charter, None),
        ("no-notary", "A charter without a notary has no log.", show(acts.encode(plain.entries[0].act)), Rule.LOG_KEY),
    ):
        asked = log.OrganisationLogCase(given, None)
        yield case("log 1", slug, comment, asked, rule or "accepted", hedged=rule is None)
    text = Checkpoint(origin(world.organisation), 7, tree(7).root()).text
    both = log_signer().sign(Checkpoint(origin(world.organisation), 7, tree(7).root()), AT_S)
    lines = [witness_signer(state).sign(text, AT_S) for state in ("XAA", "XBB")]
    elsewhere = LogSigner(seed("other"), seed("other")).sign(Checkpoint(origin(world.organisation), 7, EMPTY_ROOT), 0)
    for slug, comment, note, rule in (
        ("checkpoint", "Both keys of the log, and two of three witnesses.", both.with_lines(*lines), None),
        ("no-quorum", "One of three witnesses.", both.with_lines(lines[0]), Rule.LOG_QUORUM),
        ("same-witness-twice", "One witness, twice.", both.with_lines(lines[0], lines[0]), Rule.LOG_QUORUM),
        (
            "ed25519-alone",
            "The line of ML-DSA-44 is missing.",
            Note(text, (both.lines[0], *lines)),
            Rule.LOG_SIGNATURE,
        ),
        ("other-keys", "Signed by keys that the charter does not name.", elsewhere, Rule.LOG_SIGNATURE),
    ):
        asked = log.OrganisationLogCase(charter, show(note.encode()))
        yield case("log 14", slug, comment, asked, rule or "accepted", hedged=True)

    yield from _hybrid()


def _hybrid() -> Iterator[Named]:
    """An organisation whose witnesses have two keys each."""
    world = World(("XAA", "XBB", "XCC"), witnessed="hybrid")
    charter = show(acts.encode(world.entries[0].act))
    yield case("log 14", "two-keys", "Witnesses with two keys.", log.OrganisationLogCase(charter, None), hedged=True)
    checkpoint = Checkpoint(origin(world.organisation), 7, tree(7).root())
    note = log_signer().sign(checkpoint, AT_S)
    first, second = (world.witness(state).sign(note.text, AT_S) for state in ("XAA", "XBB"))
    for slug, comment, lines, outcome in (
        ("two-keys-signed", "Two of three witnesses, with both keys.", (*first, *second), "accepted"),
        ("two-keys-halved", "One of them with its first key alone.", (*first, second[0]), Rule.LOG_QUORUM),
        ("two-keys-later-half", "One of them with its second key alone.", (*first, second[1]), Rule.LOG_QUORUM),
        ("two-keys-once", "One witness, with both keys.", first, Rule.LOG_QUORUM),
    ):
        asked = log.OrganisationLogCase(charter, show(note.with_lines(*lines).encode()))
        yield case("log 14", slug, comment, asked, outcome, hedged=True)


def _keys() -> Iterator[Named]:
    good, long = str(LOG.vkey), str(LOG_PQ.vkey)
    name, key_id, key = good.split("+", 2)
    yield case("log 8", "ed25519", "The key of a log.", log.VkeyCase(good))
    yield case("log 8", "witness", "The key of a witness.", log.VkeyCase(str(WITNESSES["A"].vkey)))
    yield case("log 8", "mldsa44", "A post-quantum key.", log.VkeyCase(str(LOG_PQ.vkey)))
    other = bytes([key_byte ^ 1 for key_byte in LOG.vkey.key])
    for slug, comment, text in (
        ("other-id", "The key id of another key.", f"{name}+{Vkey(name, 1, other).key_id.hex()}+{key}"),
        ("id-upper-case", "A key id in upper case.", f"{name}+{key_id.upper()}+{key}"),
        ("no-name", "No name.", _vkey("", ED25519, LOG.vkey.key)),
        ("name-space", "A space in the name.", _vkey("a log", ED25519, LOG.vkey.key)),
        ("name-long", "A name of 256 octets.", _vkey("n" * 256, ED25519, LOG.vkey.key)),
        ("type", "A type that is not known.", _vkey(name, 2, LOG.vkey.key)),
        ("short", "A key of 31 octets.", _vkey(name, ED25519, LOG.vkey.key[:-1])),
        ("small-order", "A key of small order.", _vkey(name, ED25519, bytes(32))),
        ("spare-bits", "Base64 with spare bits that are not zero.", f"{long[:-2]}{chr(ord(long[-2]) + 1)}="),
        ("no-padding", "Base64 without padding.", long.rstrip("=")),
        ("line-feed", "A line feed at the end.", good + "\n"),
    ):
        yield case("log 8", slug, comment, log.VkeyCase(text), Rule.LOG_KEY)


def _vkey(name: str, kind: int, key: bytes) -> str:
    return str(Vkey(name, kind, key))


def _notes() -> Iterator[Named]:
    raw = COSIGNED.encode().decode()
    yield case("log 9", "note", "A text, a blank line, signatures.", log.NoteCase(show(raw.encode())))
    longer = Note("one\n\ntwo\n", (LOG.sign("one\n\ntwo\n"),)).encode()
    yield case("log 9", "blank-line", "The last blank line divides.", log.NoteCase(show(longer)))
    line = str(NOTE.lines[0])
    text = CHECKPOINT.text
    for slug, comment, bent in (
        ("no-blank-line", "No blank line.", text + line),
        ("no-signature", "No signature.", text + "\n"),
        ("no-line-feed", "The last line does not end.", raw[:-1]),
        ("carriage-return", "Lines that end in CR LF.", raw.replace("\n", "\r\n")),
        ("tab", "A control character.", "a\tlog\n\n" + line),
        ("hyphen", "A hyphen for the dash.", text + "\n" + line.replace("—", "-")),
        ("two-spaces", "Two spaces after the dash.", text + "\n" + line.replace("— ", "—  ")),
        ("space-after", "A space at the end of a line.", text + "\n" + line.replace("\n", " \n")),
        ("no-name", "No name.", text + "\n" + line.replace(ORIGIN, "")),
        ("name-plus", "A plus in the name.", text + "\n" + line.replace(ORIGIN, "a+b")),
        ("id-alone", "A key id and no signature.", text + "\n" + str(NoteLine("a", b"four", b""))),
        ("url-alphabet", "Another alphabet of base64.", text + "\n— a ____\n"),
        ("spare-bits", "Spare bits that are not zero.", text + "\n— a AAAAAAB=\n"),
        ("no-padding", "No padding.", text + "\n— a AAAAAAA\n"),
        ("after", "A line that is no signature.", raw + "more\n"),
    ):
        yield case("log 9", slug, comment, log.NoteCase(show(bent.encode())), Rule.LOG_NOTE)
    yield case(
        "log 9", "not-utf8", "Not UTF-8.", log.NoteCase(Octets(base64=b"\xff\n\n" + line.encode())), Rule.LOG_NOTE
    )


def _signatures() -> Iterator[Named]:
    def asked(note: Note, *signers: NoteSigner) -> log.SignedNoteCase:
        return log.SignedNoteCase(tuple(str(each.vkey) for each in signers), show(note.encode()))

    first, text = WITNESSES["A"], CHECKPOINT.text
    renamed = NoteSigner("another.example", ED25519_COSIGNATURE, seed("A"))
    yield case("log 10", "ed25519", "Type 0x01: over the text.", asked(NOTE, LOG))
    yield case("log 10", "cosignature", "Type 0x04: over a time and the text.", asked(COSIGNED, first))
    yield case("log 10", "unknown-passed-over", "A line of nobody known is passed over.", asked(COSIGNED, LOG))
    same_name = NoteSigner(ORIGIN, ED25519, seed("another"))
    yield case(
        "log 10", "same-name", "Another key of the same name is not known.", asked(NOTE, same_name), Rule.LOG_SIGNATURE
    )
    for slug, comment, signer, at_s in (
        ("mldsa44", "Type 0x06: over name, time, origin, size and root.", LOG_PQ, AT_S),
        ("mldsa44-no-time", "A log need not say when.", LOG_PQ, 0),
    ):
        given = asked(Note(text, (signer.sign(text, at_s),)), signer)
        yield case("log 10", slug, comment, given, hedged=True)
    bare = Note("no checkpoint\n", (LOG_PQ.sign(text),))
    for slug, comment, note, known in (
        ("other-text", "Another text.", Note(text.replace("7", "8"), NOTE.lines), (LOG,)),
        ("other-time", "Another time.", Note(text, (_later(first.sign(text, AT_S)),)), (first,)),
        (
            "one-bad",
            "One of two known lines fails.",
            Note(text, (NOTE.lines[0], _later(first.sign(text)))),
            (LOG, first),
        ),
        ("nobody", "No line of a known key.", NOTE, (first,)),
        ("short", "A signature of 63 octets.", Note(text, (_cut(NOTE.lines[0]),)), (LOG,)),
        ("renamed", "Type 0x04 under another name.", Note(text, (_as(first.sign(text), renamed),)), (first,)),
        ("time-beyond", "A time of more than 63 bits.", Note(text, (_beyond(first.sign(text)),)), (first,)),
    ):
        yield case("log 10", slug, comment, asked(note, *known), Rule.LOG_SIGNATURE)
    yield case(
        "log 10",
        "mldsa44-no-checkpoint",
        "Type 0x06 over what is no checkpoint.",
        asked(bare, LOG_PQ),
        Rule.LOG_SIGNATURE,
        hedged=True,
    )


def _later(line: NoteLine) -> NoteLine:
    return line._replace(
        signature=(int.from_bytes(line.signature[:8], "big") + 1).to_bytes(8, "big") + line.signature[8:]
    )


def _beyond(line: NoteLine) -> NoteLine:
    return line._replace(signature=b"\xff" * 8 + line.signature[8:])


def _cut(line: NoteLine) -> NoteLine:
    return line._replace(signature=line.signature[:-1])


def _as(line: NoteLine, signer: NoteSigner) -> NoteLine:
    return line._replace(name=signer.vkey.name, key_id=signer.vkey.key_id)


def _checkpoints() -> Iterator[Named]:
    text = CHECKPOINT.text
    origin_line, size, root, _ = text.split("\n")
    yield case("log 11", "checkpoint", "Name, size, root.", log.CheckpointCase(text))
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT).text
    yield case("log 11", "empty", "A log without entries.", log.CheckpointCase(empty))
    for slug, comment, lines in (
        ("extension", "A line of extension.", (origin_line, size, root, "more")),
        ("two-lines", "No root.", (origin_line, size)),
        ("leading-zero", "A size with a leading zero.", (origin_line, "07", root)),
        ("sign", "A size with a sign.", (origin_line, "+7", root)),
        ("size-beyond", "A size beyond every limit.", (origin_line, "9" * 20, root)),
        ("other-digits", "Digits of another script.", (origin_line, "\N{ARABIC-INDIC DIGIT SEVEN}", root)),
        ("hash-short", "A root of 31 octets.", (origin_line, size, "A" * 42 + "==")),
        ("hex", "A root in hexadecimal.", (origin_line, size, CHECKPOINT.root.hex())),
        ("no-origin", "No name.", ("", size, root)),
        ("origin-space", "A space in the name.", ("a log", size, root)),
        ("empty-root", "Another root of the empty tree.", (origin_line, "0", root)),
    ):
        bent = "".join(f"{line}\n" for line in lines)
        yield case("log 11", slug, comment, log.CheckpointCase(bent), Rule.LOG_CHECKPOINT)
    open_end = log.CheckpointCase(text[:-1])
    yield case("log 11", "no-line-feed", "The last line does not end.", open_end, Rule.LOG_CHECKPOINT)


def _proof_files() -> Iterator[Named]:
    proof = ProofFile(4, inclusion_proof(4, 7, nodes()), COSIGNED)
    policy, raw = show(POLICY.encode()), proof.encode().decode()

    def asked(text: str, entry: bytes = ENTRIES[4]) -> log.ProofFileCase:
        return log.ProofFileCase(policy, show(entry), show(text.encode()))

    yield case("log 12", "proof", "Entry 4 of seven, two of three witnesses.", asked(raw))
    extra = structs.replace(proof, extra=b"anything").encode().decode()
    yield case("log 12", "extra", "A line that nobody vouches for.", asked(extra))
    short = structs.replace(proof, hashes=(leaf_hash(b"x")[:-1], *proof.hashes[1:])).encode().decode()
    for slug, comment, text in (
        ("header", "Another first line.", raw.replace("@v1", "@v2")),
        ("leading-zero", "An index with a leading zero.", raw.replace("index 4", "index 04")),
        ("no-index", "No index.", raw.replace("index 4\n", "")),
        ("empty-extra", "An extra line that says nothing.", raw.replace("index", "extra \nindex")),
        ("hash-short", "A hash of 31 octets.", short),
        ("carriage-return", "A line that ends in CR LF.", raw.replace("index 4", "index 4\r")),
        ("no-blank-line", "No blank line before the checkpoint.", raw.replace("\n\n", "\n")),
        ("before", "A line before the first.", "\n" + raw),
        ("many-hashes", "64 hashes.", raw.replace("index 4\n", "index 4\n" + f"{'A' * 43}=\n" * 64)),
    ):
        yield case("log 12", slug, comment, asked(text), Rule.LOG_PROOF_FILE)
    yield case("log 12", "other-entry", "Another entry.", asked(raw, b"entry 5"), Rule.LOG_PROOF)
    yield case("log 12", "other-index", "Another index.", asked(raw.replace("index 4", "index 5")), Rule.LOG_PROOF)
    unsigned = ProofFile(4, proof.hashes, NOTE).encode().decode()
    yield case("log 12", "no-quorum", "Nobody has cosigned.", asked(unsigned), Rule.LOG_QUORUM)


def _policies() -> Iterator[Named]:
    raw = POLICY.encode().decode()
    yield case("log 13", "policy", "A log, three witnesses, two of them.", log.PolicyCase(show(raw.encode()), None))
    met = log.PolicyCase(show(raw.encode()), show(COSIGNED.encode()))
    yield case("log 13", "met", "Two of three have cosigned.", met)
    few = log.PolicyCase(show(raw.encode()), show(NOTE.with_lines(COSIGNED.lines[1]).encode()))
    yield case("log 13", "not-met", "One of three has cosigned.", few, Rule.LOG_QUORUM)
    free = "# ours\n\n \t" + raw.replace(" ", "  ").replace("group most  2", "group most any")
    yield case("log 13", "spaces", "Spaces, tabs, comments and empty lines are free.", _read(free))
    yield case(
        "log 13", "none", "Nobody's cosignature is wanted.", _read(f"log {LOG.vkey} https://log.example\nquorum none\n")
    )
    nested = raw.replace("quorum most", "group both all most\nquorum both")
    yield case("log 13", "nested", "A group of groups.", _read(nested))
    first = f"witness A {WITNESSES['A'].vkey}\n"
    for slug, comment, text in (
        ("no-quorum-line", "No quorum line.", raw.replace("quorum most\n", "")),
        ("two-quorum-lines", "Two quorum lines.", raw + "quorum most\n"),
        (
            "below",
            "A name that is defined below.",
            raw.replace("quorum most\n", "") + "quorum later\ngroup later any most\n",
        ),
        ("name-twice", "A name with two meanings.", raw.replace("witness B", "witness A")),
        ("name-none", "A witness called none.", raw.replace("witness A", "witness none")),
        ("member-none", "none is no member.", raw.replace("2 A B C", "2 A B none")),
        ("member-twice", "A member of two groups.", raw.replace("quorum most", "group again any A\nquorum again")),
        ("threshold-zero", "A group of which none is needed.", raw.replace("most 2", "most 0")),
        ("threshold-beyond", "More than there are.", raw.replace("most 2", "most 4")),
        ("threshold-zeros", "A threshold with a leading zero.", raw.replace("most 2", "most 02")),
        ("no-members", "A group of nobody.", raw.replace("2 A B C", "all")),
        ("key-twice", "One key under two names.", raw.replace(first, first + first.replace("witness A", "witness D"))),
        ("log-as-witness", "The type of a log in the place of a witness.", f"witness L {LOG.vkey}\n{raw}"),
        ("witness-as-log", "The type of a witness in the place of a log.", f"log {WITNESSES['A'].vkey}\nquorum none\n"),
        ("word", "A word that is no word of policies.", "logs\n" + raw),
        ("carriage-return", "Lines that end in CR LF.", raw.replace("\n", "\r\n")),
        ("no-line-feed", "The last line does not end.", raw[:-1]),
        ("two-addresses", "A log with two addresses.", f"log {LOG.vkey} a b\nquorum none\n"),
    ):
        yield case("log 13", slug, comment, _read(text), Rule.LOG_POLICY)


def _read(text: str) -> log.PolicyCase:
    return log.PolicyCase(show(text.encode()), None)


def _requests() -> Iterator[Named]:
    raw = AddCheckpoint(3, consistency_proof(3, 7, nodes()), NOTE).encode().decode()
    yield case("log 15", "request", "From three entries to seven.", log.RequestCase(show(raw.encode())))
    first = AddCheckpoint(0, (), NOTE).encode()
    yield case("log 15", "first", "To a witness that knows nothing.", log.RequestCase(show(first)))
    for slug, comment, bent in (
        ("no-old", "No old size.", raw.removeprefix("old 3\n")),
        ("leading-zero", "An old size with a leading zero.", raw.replace("old 3", "old 03")),
        ("two-spaces", "Two spaces.", raw.replace("old 3", "old  3")),
        ("hash-short", "A hash of 31 octets.", raw.replace("\n\n", f"\n{'A' * 42}==\n\n", 1)),
        ("many-hashes", "64 hashes.", raw.replace("old 3\n", "old 3\n" + f"{'A' * 43}=\n" * 64)),
        ("no-blank-line", "No blank line before the checkpoint.", raw.replace("\n\n", "\n")),
        ("carriage-return", "Lines that end in CR LF.", raw.replace("\n", "\r\n")),
    ):
        yield case("log 15", slug, comment, log.RequestCase(show(bent.encode())), Rule.LOG_REQUEST)


def _messages() -> Iterator[Named]:
    found = World(("XAA",)).entries[-1]
    leaf, rest = leaf_format.encode(found.leaf), envelope.encode(found.envelope)
    whole = leaf + b"\n" + rest
    junk = _digest(b"junk")
    for slug, comment, message, entry, rule in (
        ("leaf", "Of a leaf and its envelope: the leaf.", whole, leaf, None),
        ("junk", "Of junk: its digest.", b"junk", junk, None),
        ("leaf-of-other", "A leaf for another envelope.", leaf + b"\n" + rest + b" ", leaf, Rule.LEAF),
        ("digest-of-other", "The digest of other junk.", b"other", junk, Rule.LEAF),
        ("digest-of-a-leaf", "A digest where a leaf can be read.", whole, _digest(whole), Rule.LEAF),
    ):
        asked = log.LogEntryCase(show(message), show(entry))
        yield case("log 16", slug, comment, asked, rule or "accepted")


def _digest(message: bytes) -> bytes:
    return b"sha256:" + hashlib.sha256(message).hexdigest().encode()
