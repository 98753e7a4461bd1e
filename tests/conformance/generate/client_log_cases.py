"""Cases of docs/reference/spec/session.md, clauses 7 to 12: the log as it is shown to a client, and the record."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from tacit import acts
from tacit.errors import Rule
from tacit.record import Entry
from tacit.record import leaf as leaf_format
from tacit.record.archive import log_entry
from tacit.record.checkpoint import Checkpoint
from tacit.record.log_signing import LogSigner
from tacit.record.note import Note, parse_note
from tacit.session import Fault
from tacit.testing import World, log_signer, witness_signer
from tests.conformance.generate.case import Named, case
from tests.conformance.octets import Octets, show
from tests.conformance.session_vector import (
    CheckpointShownCase,
    HeardCase,
    ReadAgainCase,
    ResumedCase,
    SeenCase,
    Shown,
    StandingCase,
)
from tests.ledger import SECOND, Ledger

WORLD: Final = World(witnessed=True)
UNWITNESSED: Final = World(notary=True)
PARTLY: Final = World(("XAA", "XBB", "XCC", "XDD"), notary=True, witnesses=("XBB", "XCC", "XDD"))
QUORUM: Final = ("XAA", "XBB")
EARLIER, LATER = 5, 7


def charter(world: World) -> Octets:
    return show(acts.encode(world.entries[0].act))


def ledger(world: World = WORLD) -> Ledger:
    return Ledger.of(world)


def other() -> Ledger:
    """Another history of the same length: its second entry is missing, and its last stands there twice."""
    entries = [WORLD.entries[0], *WORLD.entries[2:], WORLD.entries[-1]]
    return Ledger.of(WORLD, entries)


def shows(raw: bytes, old: int = 0, consistency: tuple[bytes, ...] = ()) -> Shown:
    return Shown(old, consistency, show(raw))


def first(*states: str, world: World = WORLD) -> Shown:
    return shows(ledger(world).signed(EARLIER, *states))


def then(*states: str) -> Shown:
    return shows(ledger().signed(LATER, *states), EARLIER, ledger().consistency(EARLIER, LATER))


def taken(clause: int, slug: str, comment: str, *shown: Shown, expect: str = "accepted") -> Named:
    given = CheckpointShownCase(charter(WORLD), "XAA", shown)
    return case(f"session {clause}", slug, comment, given, expect, hedged=True)


def vectors() -> Iterator[Named]:
    yield from _checkpoints()
    yield from _refused()
    yield from _equivocation()
    yield from _standing()
    yield from _seen()
    yield from _heard()
    yield from _again()


def _checkpoints() -> Iterator[Named]:
    yield taken(7, "first", "The first: there is nothing that it has to continue.", first())
    yield taken(7, "witnessed", "Cosigned by the quorum, the client's own witness among them.", first(*QUORUM))
    yield taken(7, "own-missing", "Cosigned by the quorum, without the client's own witness.", first("XBB", "XCC"))
    yield taken(7, "no-quorum", "Cosigned by the client's own witness alone.", first("XAA"))
    yield taken(7, "larger", "It continues the one before.", first(), then())
    again = shows(ledger().signed(EARLIER, *QUORUM), EARLIER)
    yield taken(7, "same-size", "The same again, with cosignatures.", first(), again)


def _refused() -> Iterator[Named]:
    raw = ledger().signed(EARLIER)
    note = parse_note(raw)
    yield taken(7, "no-note", "Not a note.", shows(raw[:-1]), expect=Rule.LOG_NOTE)
    words = witness_signer("XBB").sign("words\n", SECOND)
    no_checkpoint = Note("words\n", (words,)).encode()
    yield taken(7, "no-checkpoint", "A note that is no checkpoint.", shows(no_checkpoint), expect=Rule.LOG_CHECKPOINT)
    elsewhere = log_signer().sign(Checkpoint("tacit/record/v1/" + "0" * 64, EARLIER, b"\0" * 32), SECOND).encode()
    yield taken(7, "other-log", "Of another organisation's log.", shows(elsewhere), expect=Rule.LOG_CHECKPOINT)
    half = Note(note.text, note.lines[:1]).encode()
    yield taken(7, "one-key", "One of the log's two keys has not signed.", shows(half), expect=Rule.LOG_SIGNATURE)
    stranger = LogSigner(hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest())
    strange = ledger().signed(EARLIER, signer=stranger)
    yield taken(7, "other-keys", "Signed by other keys.", shows(strange), expect=Rule.LOG_SIGNATURE)
    false = note.with_lines(witness_signer("XBB").sign(ledger().checkpoint(LATER).text, SECOND)).encode()
    yield taken(
        7, "false-cosignature", "A witness's line is over another text.", shows(false), expect=Rule.LOG_SIGNATURE
    )
    behind = Fault.CHECKPOINT_BEHIND
    yield taken(7, "behind", "Smaller than the one before.", shows(ledger().signed(LATER)), first(), expect=behind)
    from_none = shows(ledger().signed(LATER), 0)
    yield taken(7, "other-old", "It says that it continues another.", first(), from_none, expect=Fault.UNVERIFIED)


def _equivocation() -> Iterator[Named]:
    fork = other()
    yield taken(8, "two-roots", "One size, two roots.", first(), shows(fork.signed(EARLIER), EARLIER))
    unproven = shows(ledger().signed(LATER), EARLIER)
    yield taken(8, "no-proof", "Larger, and nothing shows that it continues.", first(), unproven)
    bent = shows(fork.signed(LATER), EARLIER, fork.consistency(EARLIER, LATER))
    yield taken(8, "other-history", "Larger, and what is shown leads from another root.", first(), bent)
    half = parse_note(fork.signed(EARLIER))
    unsigned = shows(Note(half.text, half.lines[:1]).encode(), EARLIER)
    comment = "Another root that not every key of the log has signed proves nothing against anybody."
    yield taken(8, "not-signed", comment, first(), unsigned, expect=Rule.LOG_SIGNATURE)
    smaller = shows(fork.signed(EARLIER), LATER)
    behind = Fault.CHECKPOINT_BEHIND
    yield taken(8, "behind", "Another root, and smaller.", shows(ledger().signed(LATER)), smaller, expect=behind)


def stands(slug: str, comment: str, given: StandingCase, expect: str = "accepted") -> Named:
    return case("session 9", slug, comment, given, expect, hedged=True)


def standing(*states: str, world: World = WORLD) -> StandingCase:
    """The last act under a checkpoint that these have cosigned."""
    index = EARLIER - 1
    leaf = show(leaf_format.encode(world.entries[index].leaf))
    shown = (first(*states, world=world),)
    return StandingCase(charter(world), "XAA", shown, index, leaf, ledger(world).inclusion(index, EARLIER))


def _standing() -> Iterator[Named]:
    under = standing()
    yield stands("notarised", "Under a checkpoint that the log has signed.", under)
    yield stands("witnessed", "Under one of the quorum and the own witness.", standing(*QUORUM))
    yield stands("own-missing", "Under one of the quorum without the own witness.", standing("XBB", "XCC"))
    yield stands("no-quorum", "Under one of the own witness alone.", standing("XAA"))
    without = standing("XBB", "XCC", world=PARTLY)
    yield stands("no-witness-of-its-own", "The charter names no witness of its state.", without)
    yield stands("no-witnesses", "The charter names no witnesses.", standing(world=UNWITNESSED))
    another = show(leaf_format.encode(WORLD.entries[under.index - 1].leaf))
    for slug, comment, given in (
        ("other-leaf", "Another leaf stands there.", replace(under, leaf=another)),
        ("other-index", "It stands elsewhere.", replace(under, index=under.index - 1)),
        ("beyond", "The checkpoint does not cover it.", replace(under, index=EARLIER)),
        ("no-path", "Nothing shows it.", replace(under, inclusion=())),
    ):
        yield stands(slug, comment, given, Rule.LOG_PROOF)


def _seen() -> Iterator[Named]:
    def seen(slug: str, comment: str, *shown: Shown, expect: str = "accepted") -> Named:
        return case("session 10", slug, comment, SeenCase(charter(WORLD), "XAA", shown), expect, hedged=True)

    yield seen("none", "No checkpoint was taken.")
    yield seen("one", "The one that was taken, though nobody has cosigned it.", first())
    yield seen("last", "The last that was taken.", first(*QUORUM), then())
    unsigned = Note(parse_note(ledger().signed(LATER)).text, parse_note(ledger().signed(LATER)).lines[:1]).encode()
    path = ledger().consistency(EARLIER, LATER)
    refused = shows(unsigned, EARLIER, path)
    yield seen("not-taken", "The last was not taken, so no act names it.", first(), refused, expect=Rule.LOG_SIGNATURE)
    behind = Fault.CHECKPOINT_BEHIND
    yield seen("behind", "Nor is an earlier one named again.", shows(ledger().signed(LATER)), first(), expect=behind)


def _log_entries(entries: Sequence[Entry], irregular: int | None = None) -> tuple[Octets, ...]:
    """As the log has them; at one index a message that nobody can read."""
    raw = [leaf_format.encode(each.leaf) for each in entries]
    if irregular is not None:
        raw[irregular] = log_entry(b"no entry")
    return tuple(map(show, raw))


def _heard() -> Iterator[Named]:
    def heard(slug: str, comment: str, entries: tuple[Octets, ...], *shown: Shown, expect: str = "accepted") -> Named:
        given = HeardCase(charter(WORLD), "XAA", shown, entries)
        return case("session 11", slug, comment, given, expect, hedged=True)

    all_of_them, otherwise = WORLD.entries[:LATER], [*WORLD.entries[: LATER - 1], WORLD.entries[0]]
    ours = _log_entries(all_of_them)
    yield heard("agreed", "What was heard is what was signed.", ours, first(), then())
    yield heard("ahead", "More was heard than was signed.", ours, first())
    yield heard("behind", "Less was heard: it will be compared when as much is.", ours[:EARLIER], then_alone())
    yield heard("nothing-signed", "Nothing was signed yet.", ours)
    other_record = Fault.OTHER_RECORD
    comment = "The last entry that was heard is not the one that was signed."
    yield heard("other-entry", comment, _log_entries(otherwise), first(), then(), expect=other_record)
    comment = "One in the middle is a message that nobody can read, and was not signed as such."
    yield heard("unreadable", comment, _log_entries(all_of_them, 2), first(), expect=other_record)
    yield heard("beyond", "It differs beyond what was signed.", _log_entries(otherwise), first())


def then_alone() -> Shown:
    """A checkpoint of all entries, the first that is shown."""
    return shows(ledger().signed(LATER))


def _again() -> Iterator[Named]:
    ours = _log_entries(WORLD.entries[:LATER])
    changed = _log_entries([*WORLD.entries[:EARLIER], WORLD.entries[0], WORLD.entries[1]])

    def resumed(slug: str, comment: str, index: int, entry: Octets) -> Named:
        return case("session 12", slug, comment, ResumedCase(ours, index, entry), "accepted", hedged=True)

    yield resumed("goes-on", "The entry that was heard last.", LATER - 1, ours[-1])
    yield resumed("other-last", "Another stands in its place.", LATER - 1, changed[-1])
    yield resumed("elsewhere", "It stands elsewhere.", LATER, ours[-1])

    def again(slug: str, comment: str, now: tuple[Octets, ...], *shown: Shown, expect: str = "accepted") -> Named:
        given = ReadAgainCase(charter(WORLD), "XAA", shown, ours, now)
        return case("session 12", slug, comment, given, expect, hedged=True)

    yield again("same", "The same, and one more.", (*ours, ours[0]))
    yield again("shorter", "The same, as far as it goes.", ours[:EARLIER])
    yield again("differs", "Two entries are others, and nothing of it was signed.", changed)
    yield again("differs-beyond", "They are others beyond what was signed.", changed, first())
    comment = "One is another of those that were signed."
    signed = _log_entries([*WORLD.entries[: EARLIER - 1], WORLD.entries[0], *WORLD.entries[EARLIER:LATER]])
    yield again("differs-below", comment, signed, first(), expect=Fault.OTHER_RECORD)
