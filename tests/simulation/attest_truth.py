"""What must be true when a play about witnesses is over: a model of the silence, and promises of each witness."""

from datetime import timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

from tacit import acts, envelope
from tacit.acts import EvidenceLodged, RegistrarTerm, SilenceBroken
from tacit.client.lodging import lodged_act
from tacit.envelope import ATTESTATION_TYPE
from tacit.ids import StateCode
from tacit.record import Entry, decode_entry
from tacit.record.archive import CHECKPOINT, log_entry
from tacit.record.attestation import contradict, read_attestation, witness_key_id
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import parse_note
from tacit.testing import witness_signer
from tacit.witness.timing import CLOCK_AHEAD_S
from tests.attacks.detectors import told_by_verify
from tests.simulation.attest_people import Member
from tests.simulation.attest_play import MEMBERS, Play
from tests.simulation.attest_witness import WRONG_S, PlayedWitness

CLOSING: Final = timedelta(seconds=30)
MARGIN: Final = timedelta(seconds=60)
NEEDED: Final = 3
"""More than half of the four witnesses of others."""
KEYS: Final = {witness_key_id(witness_signer(state).vkey): state for state in MEMBERS}


def check(play: Play, folder: Path) -> None:
    """Everything. Raises AssertionError."""
    entries = [decode_entry(each.data) for each in play.clerk.record.messages()]
    check_acts(entries)
    check_silence(play, entries)
    for member in play.members:
        check_member(play, member, entries)
    roots = roots_of(play)
    for witness in play.witnesses.values():
        check_attestations(witness)
        check_cosignatures(witness, roots)
    check_audit(play, folder)


def check_acts(entries: list[Entry]) -> None:
    """Each stands at most once, and for none there is evidence with an effect twice."""
    stand = [entry.leaf.act for entry in entries]
    assert len(stand) == len(set(stand)), "an act stands twice"
    lodged = [act for entry in entries if (act := lodged_act(entry.act.content)) is not None]
    assert len(lodged) == len(set(lodged)), "an act was lodged twice"


def check_silence(play: Play, entries: list[Entry]) -> None:
    """The rules and the model agree on who broke the silence, and on what became of it."""
    found = play.found
    broke, late, jeopardised = modelled(play, entries)
    assert broke == found.breakers
    assert late == [*found.evidence.values()]
    assert jeopardised == found.jeopardised
    # What is jeopardised never passes: it waits for the chair, who lets it be here.
    expected = "BROKEN" if broke else "RUNNING" if jeopardised else "VOID" if late else "PASSED"
    assert expected == found.status


def modelled(play: Play, entries: list[Entry]) -> tuple[list[StateCode], list[StateCode], bool]:
    """Who broke it, for whom there is evidence that came too late, whether the deadline fell into an outage."""
    broke, late, jeopardised = list[StateCode](), list[StateCode](), False
    for entry in entries[play.world.state.size :]:
        content, at, member = entry.act.content, entry.leaf.received_at, entry.act.header.state
        if isinstance(content, RegistrarTerm) and content.unavailable_since is not None and not broke:
            jeopardised = content.unavailable_since < play.deadline <= at + MARGIN
        if isinstance(content, SilenceBroken) and (at <= play.deadline or jeopardised):
            broke.append(member)
        if isinstance(content, EvidenceLodged):
            lodged = acts.decode(content.envelope.payload).header.state
            assert len(attesting(play, content, jeopardised=jeopardised)) >= NEEDED, "too few, and yet recorded"
            in_time = at <= play.deadline + CLOSING or jeopardised
            (broke if in_time else late).append(lodged)
    return broke, late, jeopardised


def attesting(play: Play, content: EvidenceLodged, *, jeopardised: bool) -> set[StateCode]:
    """The members, other than the author, whose witnesses attest it in time."""
    lodged = acts.decode(content.envelope.payload).header
    found = set[StateCode]()
    for each in content.attestations:
        at, state = read_attestation(each).at, KEYS[each.signatures[0].keyid]
        playable = lodged.claimed_at - timedelta(seconds=300) <= at <= lodged.not_after
        if state != lodged.state and playable and (at <= play.deadline or jeopardised):
            found.add(state)
    return found


def check_member(play: Play, member: Member, entries: list[Entry]) -> None:
    """What each of those who spoke may rely on, and what they cannot bring about."""
    found = play.found
    stands = {entry.leaf.act: entry.leaf.received_at for entry in entries}
    came = stands.get(member.act)
    evidence = [each.leaf.received_at for each in entries if lodged_act(each.act.content) == member.act]
    if member.kind == "forger":
        assert member.forged <= ({"after"} if found.jeopardised else set()), "forged evidence was taken"
        assert member.forged or came is not None or member.state not in found.breakers
    elif member.kind == "late":
        assert found.jeopardised or (member.state not in found.breakers and not evidence), "a late break counts"
    elif member.kind == "early" or member.proven_at is not None:
        in_time = came is not None and (came <= play.deadline or found.jeopardised)
        assert in_time or member.proven_at is not None, "it was not shown to enough in time"
        # None is taken once others broke the silence and its closing period is over, or it is void by what they lodged.
        assert in_time or evidence or found.status in {"BROKEN", "VOID"}, "nobody could lodge it"
        lodged_in_time = any(at <= play.deadline + CLOSING for at in evidence)
        assert not (in_time or lodged_in_time) or member.state in found.breakers, "a break that was shown is lost"
        assert found.status in {"BROKEN", "VOID"}, "it passed over a break that was shown to a quorum in time"
    if member.kind != "forger" and came is None and not found.jeopardised:
        assert member.refused_by_own or play.registrar.conduct == "honest", (
            "its own witness was asked and did not say no"
        )


def check_attestations(witness: PlayedWitness) -> None:
    """Whatever it gave out is one chain: no counter twice, no time that goes back, and one attestation for each act."""
    given = {read_attestation(envelope.decode(raw, ATTESTATION_TYPE)): raw for raw in witness.attested}
    assert len(given) == len(set(witness.attested)), "the same attestation in two wordings"
    assert len(given) == len({each.act for each in given}), "an act was attested twice"
    assert not any(contradict(one, other) for one, other in combinations(given, 2)), "its chain forks"


def roots_of(play: Play) -> list[bytes]:
    tree = CompactRange()
    roots = [tree.root()]
    for message in play.clerk.record.messages():
        tree.append(leaf_hash(log_entry(message.data)))
        roots.append(tree.root())
    return roots


def check_cosignatures(witness: PlayedWitness, roots: list[bytes]) -> None:
    """One history, no smaller size and no earlier time later on, and no time that is far ahead of the true one."""
    for each in witness.cosigned:
        assert roots[each.size] == each.root, "it cosigned another history"
        assert each.at_s <= each.true_s + CLOCK_AHEAD_S + WRONG_S, "it cosigned for a time far ahead"
    for one, other in pairwise(witness.cosigned):
        assert one.size <= other.size, "it went back to what was smaller"
        assert one.at_s <= other.at_s, "it went back in time"


def check_audit(play: Play, folder: Path) -> None:
    """A member that verifies the archive finds nothing, and no time at which an entry could have been dated back."""
    published = parse_note(play.files[CHECKPOINT])
    assert 2 + len(MEMBERS) == len(published.lines), "a witness stays behind on a record that is quiet"
    report = told_by_verify(play.files, folder)
    assert report["ok"], report["findings"]
    assert (play.clerk.record.last, 0) == (report["covered"], report["gaps"])
