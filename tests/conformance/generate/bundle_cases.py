"""Cases of docs/reference/spec/bundle.md."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import msgspec

from tacit import envelope
from tacit.acts import (
    Deadline,
    DecisionAdopted,
    EvidenceLodged,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    RegistrarTerm,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.decision_bundle import Bundle, Proven, encode_bundle_file
from tacit.detached import Detached
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.record import Entry, decode_entry, encode_entry
from tacit.record import leaf as leaf_format
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import leaf_hash, perfect_root
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import origin
from tacit.record.proofs import inclusion_proof, range_root
from tacit.testing import COUNCIL, World, log_signer, witness_signer
from tests.conformance.generate.case import Named, case
from tests.conformance.octets import Octets, show
from tests.conformance.vector import BundleCase
from tests.unit.cli.files import forged

REFERENCE: Final = "C-M(2026)0001"
WORDING: Final = b"1. The council decides."
AT_S: Final = 1_795_424_400


def silent(ruleset: str = "nato-like") -> World:
    """XBB has joined, and a text is under silence for an hour."""
    world = World(("XAA", "XBB"), ruleset=ruleset, witnessed=True)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Text"))
    text = world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Text", paragraphs=1), text=WORDING)
    version = Version(text.leaf.act, text.act.header.detached or "")
    world.say("XBB", PositionDeclared(version=version, scope="text", stance="JOINS", condition="", statement=""))
    deadline = Deadline(world.now + timedelta(hours=1), "Europe/Brussels", "10:00 Brussels")
    world.organ("chair", SilenceSet(version=version, deadline=deadline))
    return world


def decided() -> World:
    """The same; a message was posted in between, and the text has passed."""
    world = silent()
    silence = next(iter(world.state.bodies[COUNCIL].silences.values()))
    world.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=b"News")
    world.wait(4000)
    deadline = silence.deadline.at
    passed = world.organ("timekeeper", SilencePassed(silence=silence.silence, deadline=deadline)).leaf.act
    text = next(iter(world.state.bodies[COUNCIL].texts.values()))
    version = Version(text.text, text.wording)
    adopted = DecisionAdopted(version=version, mode="SILENCE", basis=passed, effective_at=deadline, clauses=())
    world.organ("chair", adopted)
    return world


class Maker:
    """Bundles of one record, from such of its entries as a case wants."""

    def __init__(self, world: World, entries: list[Entry] | None = None) -> None:
        self.world = world
        self.entries = world.entries if entries is None else entries
        self.leaves = [leaf_hash(leaf_format.encode(entry.leaf)) for entry in self.entries]

    def node(self, level: int, index: int) -> bytes:
        return perfect_root(tuple(self.leaves[index << level : (index + 1) << level]))

    def note(self, witnesses: tuple[str, ...] = ("XAA", "XBB")) -> Note:
        size = len(self.leaves)
        checkpoint = Checkpoint(origin(self.world.organisation), size, range_root(0, size, self.node))
        note = log_signer().sign(checkpoint, AT_S)
        return note.with_lines(*(witness_signer(state).sign(checkpoint.text, AT_S) for state in witnesses))

    def proven(self, entry: Entry) -> Proven:
        index = entry.leaf.index
        proof = inclusion_proof(index, len(self.leaves), self.node)
        return Proven(index, leaf_format.encode(entry.leaf), envelope.encode(entry.envelope), proof)

    def bundle(self, *left_out: type, note: Note | None = None) -> Bundle:
        """All entries but those of some types."""
        shown = tuple(self.proven(each) for each in self.entries if not isinstance(each.act.content, left_out))
        text = Detached(b"\0" * 32, WORDING)
        decision = self.entries[-1].leaf.act
        return Bundle(1, self.world.organisation, decision, (note or self.note()).encode(), shown, text)


def octets(bundle: Bundle) -> Octets:
    return show(encode_bundle_file(bundle))


def said(number: int, slug: str, comment: str, bundle: Bundle, expect: str = "accepted") -> Named:
    return case(f"bundle {number}", slug, comment, BundleCase(octets(bundle)), expect, hedged=True)


def vectors() -> Iterator[Named]:
    maker = Maker(decided())
    whole, brief = maker.bundle(), maker.bundle(MessagePosted)
    yield from _form(brief)
    yield from _order(maker, brief)
    yield from _entries(brief)
    yield from _log(maker, brief)
    yield from _hanging(maker, whole)
    yield from _rules(maker, brief)
    yield from _text(brief)


def _form(brief: Bundle) -> Iterator[Named]:
    yield said(1, "bundle", "A decision by silence; a message in between is not shown.", brief)
    yield said(1, "no-text", "Nobody held the text.", msgspec.structs.replace(brief, text=None))
    surplus = encode_bundle_file(brief)[:-1] + b',"more":1}'
    yield case("bundle 1", "surplus", "A field too many.", BundleCase(show(surplus)), Rule.UNKNOWN_FIELD, hedged=True)


def _replaced(bundle: Bundle, at: int, **changes: object) -> Bundle:
    entry = msgspec.structs.replace(bundle.entries[at], **changes)
    rest = bundle.entries[at + 1 :] if at != -1 else ()
    return msgspec.structs.replace(bundle, entries=(*bundle.entries[:at], entry, *rest))


def _order(maker: Maker, brief: Bundle) -> Iterator[Named]:
    entries = brief.entries
    yield said(2, "decision", "It ends with the decision.", brief)
    swapped = msgspec.structs.replace(brief, entries=(*entries[:2], entries[3], entries[2], *entries[4:]))
    yield said(2, "swapped", "Two entries in the other order.", swapped, Rule.BUNDLE_CONTENT)
    headless = msgspec.structs.replace(brief, entries=entries[1:])
    yield said(2, "no-charter", "It does not begin with the charter.", headless, Rule.BUNDLE_CONTENT)
    other = msgspec.structs.replace(brief, organisation="0" * 64)
    yield said(2, "other-organisation", "The charter of another organisation.", other, Rule.BUNDLE_CONTENT)
    early = msgspec.structs.replace(brief, decision=maker.entries[-2].leaf.act)
    yield said(2, "after-decision", "An entry after the decision.", early, Rule.BUNDLE_CONTENT)
    short = [each for each in entries if each.index <= maker.entries[-4].leaf.index]
    undecided = msgspec.structs.replace(brief, entries=tuple(short), decision=maker.entries[-4].leaf.act)
    yield said(2, "no-decision", "The last act begins a silence, and decides nothing.", undecided, Rule.BUNDLE_CONTENT)


def _entries(brief: Bundle) -> Iterator[Named]:
    yield said(3, "entries", "Leaves, envelopes and proofs.", brief)
    yield said(3, "other-envelope", "The envelope of another entry.",
               _replaced(brief, 2, envelope=brief.entries[3].envelope), Rule.LEAF)  # fmt: skip
    other = _replaced(brief, -1, index=brief.entries[-1].index + 1)
    yield said(3, "other-index", "Another index than that of the leaf.", other, Rule.BUNDLE_CONTENT)


def _log(maker: Maker, brief: Bundle) -> Iterator[Named]:
    note = parse_note(brief.checkpoint)
    yield said(4, "quorum", "Signed by both keys of the log and both witnesses.", brief)
    yield said(4, "other-proof", "The proof of another entry.",
               _replaced(brief, 2, proof=brief.entries[3].proof), Rule.LOG_PROOF)  # fmt: skip
    few = msgspec.structs.replace(brief, checkpoint=maker.note(("XAA",)).encode())
    yield said(4, "no-quorum", "One of two witnesses has cosigned.", few, Rule.LOG_QUORUM)
    one_key = Note(note.text, (note.lines[0], *note.lines[2:]))
    lone = msgspec.structs.replace(brief, checkpoint=one_key.encode())
    yield said(4, "one-key", "The ML-DSA-44 line of the log is not there.", lone, Rule.LOG_SIGNATURE)


def _hanging(maker: Maker, whole: Bundle) -> Iterator[Named]:
    yield said(5, "range", "A message in between is shown, too: nothing is hidden.", whole)
    yield said(5, "no-silence", "The act that set the silence is left out.",
               maker.bundle(SilenceSet), Rule.SILENCE_UNKNOWN)  # fmt: skip
    entries = [_forged(each) if isinstance(each.act.content, MessagePosted) else each for each in maker.entries]
    yield said(5, "forged", "A message in between has a signature that is not its author's.",
               Maker(maker.world, entries).bundle(), Rule.SIGNATURE_INVALID)  # fmt: skip
    yield said(5, "evidence", "Evidence names the silence, within the act that it lodges, and broke it.",
               Maker(proven_broken()).bundle(), Rule.SILENCE_NOT_RUNNING)  # fmt: skip


def proven_broken() -> World:
    """A break was held back, XAA has lodged it with what its witness attests; the silence is said to have passed."""
    world = silent("nato-like-2")
    silence = world.entries[-1].leaf.act
    deadline = next(iter(world.state.bodies[COUNCIL].silences.values())).deadline.at
    world.now = deadline - timedelta(seconds=20)
    broken = world.compose(world.author("XBB"), SilenceBroken(silence=silence, kind="SUBSTANCE", reason=""))
    attested = world.attest(broken, "XAA")
    world.wait(25)
    world.say("XAA", EvidenceLodged(envelope=broken.envelope, attestations=attested, receipt=None))
    world.wait(4000)
    timekeeper = world.author(ORGANISATION, "timekeeper")
    world.entries.append(world.seal(world.compose(timekeeper, SilencePassed(silence=silence, deadline=deadline))))
    return world


def _forged(entry: Entry) -> Entry:
    return decode_entry(forged(encode_entry(entry.leaf, envelope.encode(entry.envelope))))


def _rules(maker: Maker, brief: Bundle) -> Iterator[Named]:
    yield said(6, "no-position", "Positions may be left out: nobody can see that.", maker.bundle(PositionDeclared))
    yield said(6, "no-term", "The term of the registrar is left out.", maker.bundle(RegistrarTerm), Rule.LEAF)
    yield said(6, "term-of-nothing", "A second term, behind an entry that is not shown, says that there was no outage.",
               Maker(termed()).bundle(MessagePosted), Rule.TERM)  # fmt: skip
    without = msgspec.structs.replace(brief, entries=brief.entries[:4] + brief.entries[6:])
    yield said(6, "register-gap", "An accreditation and its enrolment are left out.", without, Rule.NUMBER_GAP)


def termed() -> World:
    """After a message comes a term that the rules do not admit, and in it the silence is said to have passed."""
    world = silent()
    silence = next(iter(world.state.bodies[COUNCIL].silences.values()))
    world.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=b"News")
    registrar, timekeeper = (world.author(ORGANISATION, office) for office in ("registrar", "timekeeper"))
    begun = RegistrarTerm(term=2, unavailable_since=None, reason="take-over")
    world.entries.append(world.seal(world.compose(registrar, begun)))
    world.wait(4000)
    passed = world.seal(world.compose(timekeeper, SilencePassed(silence=silence.silence, deadline=silence.deadline.at)))
    leaf = msgspec.structs.replace(passed.leaf, index=len(world.entries), term=2)
    world.entries.append(Entry(leaf, passed.envelope, passed.act))
    return world


def _text(brief: Bundle) -> Iterator[Named]:
    yield said(7, "text", "The text that was decided on.", brief)
    other = msgspec.structs.replace(brief, text=Detached(b"\0" * 32, b"1. The council does not decide."))
    yield said(7, "other-text", "Another text.", other, Rule.DETACHED_MISMATCH)
