"""A refusal judged again: what an honest registrar signs is justified, and each lie of another one has its name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from tacit import envelope, submission
from tacit.acts import LevelRaised, MessagePosted, Seen
from tacit.audit import Auditor, OtherSubmissionError, Rejudged, Retrial, Verdict
from tacit.compose import Composed, sign
from tacit.detached import Detached
from tacit.errors import RefusedError, Rule
from tacit.reading import refused_digest
from tacit.record import Refusal, encode_entry, sign_refusal
from tacit.record import leaf as leaf_format
from tacit.record.refusal_file import RefusalFile, decode_refusal_file, encode_refusal_file
from tacit.submission import Submission
from tacit.testing import World, signer_for
from tests.ledger import Ledger

BODY: Final = Detached(b"\0" * 32, b"news")


class Court:
    """A world in which an act was handed in at `size`, and in which things went on afterwards."""

    def __init__(self) -> None:
        self.world = World()
        for number in range(4):
            self.talk(number)
        self.good = self.say()
        self.size = len(self.world.entries)
        self.at = self.world.now
        self.act: Composed = self.good
        self.body: Detached | None = BODY

    def talk(self, number: int) -> None:
        self.world.wait(1)
        self.world.say("XBB", MessagePosted(subject="News", in_reply_to=None), text=b"%d" % number)

    def say(self, **header: Any) -> Composed:
        """A message of XAA that the rules admit, but for what is changed in its header."""
        good = self.world.compose(self.world.author("XAA"), MessagePosted(subject="s", in_reply_to=None), text=b"news")
        changed = replace(good.act, header=replace(good.act.header, **header))
        return sign(changed, self.world.author("XAA").signer)

    @property
    def handed_in(self) -> bytes:
        return submission.encode(Submission(self.act.envelope, self.body))

    def refused(self, rule: Rule, raw: bytes | None = None, by: str = "ORG/registrar", **changes: Any) -> RefusalFile:
        """What a registrar signs of it."""
        charter, raw = self.world.state.charter, self.handed_in if raw is None else raw
        assert charter is not None
        act, digest = refused_digest(raw)
        told = Refusal(self.world.organisation, act, digest, 1, self.size, self.at, rule, "", charter.ruleset)
        return RefusalFile(1, sign_refusal(replace(told, **changes), signer_for(by)), raw)

    def judge(self, file: RefusalFile, *, withheld: tuple[int, ...] = (), until: int | None = None) -> Rejudged:
        auditor, retrial = Auditor(), Retrial(decode_refusal_file(encode_refusal_file(file)))
        for entry in self.world.entries[:until]:
            if entry.leaf.index in withheld:
                auditor.step_over(leaf_format.encode(entry.leaf))
            else:
                auditor.take(encode_entry(entry.leaf, envelope.encode(entry.envelope)))
            retrial.look(auditor)
        ledger = Ledger.of(self.world)
        return retrial.conclude(auditor.state.size, lambda size: ledger.checkpoint(size).root)

    def verdict(self, file: RefusalFile) -> Verdict:
        return self.judge(file).verdict


@pytest.fixture
def court() -> Court:
    return Court()


def test_a_gap_in_the_numbers_is_refused_rightly(court: Court) -> None:
    court.act = court.say(number=7)
    found = court.judge(court.refused(Rule.NUMBER_GAP))

    assert (Verdict.JUSTIFIED, Rule.NUMBER_GAP, court.size) == (found.verdict, found.rule, found.size)
    assert not found.is_wrong


def test_what_happened_afterwards_does_not_matter(court: Court) -> None:
    court.world.wait(1)
    court.world.say("XAA", MessagePosted(subject="s", in_reply_to=None), text=b"other")

    assert Verdict.WRONGFUL == court.verdict(court.refused(Rule.NUMBER_USED))


def test_an_act_that_the_rules_admit_was_refused_wrongfully(court: Court) -> None:
    found = court.judge(court.refused(Rule.NOT_ENTITLED))

    assert (Verdict.WRONGFUL, "the rules would have admitted the act") == (found.verdict, found.detail)
    assert found.is_wrong


def test_another_rule_than_the_one_that_was_signed_is_a_false_word(court: Court) -> None:
    court.act = court.say(number=7)
    found = court.judge(court.refused(Rule.EXPIRED))

    assert Verdict.OTHER_RULE == found.verdict
    assert "chain.number_gap" in found.detail


@pytest.mark.parametrize(("raw", "rule"), [(b"noise", Rule.NOT_JSON), (b"{}", Rule.MISSING_FIELD)])
def test_what_cannot_be_read_is_refused_rightly(court: Court, raw: bytes, rule: Rule) -> None:
    assert Verdict.JUSTIFIED == court.verdict(court.refused(rule, raw))
    assert Verdict.OTHER_RULE == court.verdict(court.refused(Rule.TOO_LARGE, raw))


def test_a_signature_of_somebody_else_and_a_body_that_was_not_signed_are_refused_rightly(court: Court) -> None:
    court.act = sign(court.good.act, signer_for("XBB/permanent-representative"))
    assert Verdict.JUSTIFIED == court.verdict(court.refused(Rule.SIGNATURE_KEY))

    court.act, court.body = court.good, Detached(b"\1" * 32, b"news")
    assert Verdict.JUSTIFIED == court.verdict(court.refused(Rule.DETACHED_MISMATCH))


def test_an_act_of_the_record_handed_in_again_gets_its_receipt_and_no_refusal(court: Court) -> None:
    entry = court.world.entries[-1]
    court.act, court.body = court.good, Detached(b"\0" * 32, b"3")
    raw = submission.encode(Submission(entry.envelope, court.body))
    found = court.judge(court.refused(Rule.EQUIVOCATION, raw))

    assert Verdict.WRONGFUL == found.verdict
    assert f"as entry {entry.leaf.index}" in found.detail


def test_another_act_under_a_number_that_is_taken_is_refused_rightly(court: Court) -> None:
    court.world.wait(1)
    court.world.say("XAA", MessagePosted(subject="s", in_reply_to=None), text=b"other")
    court.size = len(court.world.entries)
    court.at = court.world.now

    assert Verdict.JUSTIFIED == court.verdict(court.refused(Rule.EQUIVOCATION))


@pytest.mark.parametrize("term", [0, 2])
def test_a_term_that_did_not_run_is_found(court: Court, term: int) -> None:
    court.act = court.say(number=7)

    assert Verdict.MISPLACED == court.verdict(court.refused(Rule.NUMBER_GAP, term=term))


@pytest.mark.parametrize("seconds", [-5, 5])
def test_a_time_that_does_not_fit_between_its_neighbours_is_found(court: Court, seconds: float) -> None:
    court.act = court.say(number=7)
    court.talk(9)

    assert Verdict.MISPLACED == court.verdict(
        court.refused(Rule.NUMBER_GAP, received_at=court.at + timedelta(seconds=seconds))
    )


def test_a_size_below_what_the_act_had_seen_is_found(court: Court) -> None:
    """An author cannot know a root that is not there yet: so the refusal was signed later than it says."""
    root = Ledger.of(court.world).checkpoint(court.size).root.hex()
    court.act = court.say(number=7, seen=Seen(court.size, root))
    early = court.world.entries[court.size - 2].leaf.received_at

    found = court.judge(court.refused(Rule.NUMBER_GAP, size=court.size - 1, received_at=early))
    assert Verdict.MISPLACED == found.verdict
    court.act = court.say(number=7, seen=Seen(court.size, "0" * 64))
    assert Verdict.JUSTIFIED == court.verdict(court.refused(Rule.NUMBER_GAP, size=court.size - 1, received_at=early))


@pytest.mark.parametrize("name", ["ORG/chair", "XAA/permanent-representative", "nobody"])
def test_what_the_registrar_has_not_signed_convicts_nobody(court: Court, name: str) -> None:
    assert Verdict.UNSIGNED == court.verdict(court.refused(Rule.NOT_ENTITLED, by=name))


def test_a_record_that_ends_before_it_does_not_tell(court: Court) -> None:
    found = court.judge(court.refused(Rule.NOT_ENTITLED), until=court.size - 1)

    assert Verdict.UNDECIDED == found.verdict
    assert not found.is_wrong


def test_an_entry_that_is_withheld_may_be_the_reason_but_what_shows_anyway_shows(court: Court) -> None:
    withheld = (court.size - 1,)

    assert Verdict.UNDECIDED == court.judge(court.refused(Rule.NOT_ENTITLED), withheld=withheld).verdict
    court.act = court.say(number=7)
    assert Verdict.JUSTIFIED == court.judge(court.refused(Rule.NUMBER_GAP), withheld=withheld).verdict
    assert Verdict.MISPLACED == court.judge(court.refused(Rule.NUMBER_GAP, term=3), withheld=withheld).verdict
    assert Verdict.OTHER_RULE == court.judge(court.refused(Rule.TOO_LARGE, b"{}"), withheld=withheld).verdict


def test_without_the_charter_nothing_is_decided(court: Court) -> None:
    everything = tuple(range(court.size))

    assert Verdict.UNDECIDED == court.judge(court.refused(Rule.NOT_ENTITLED), withheld=everything).verdict


def test_a_void_entry_is_no_neighbour_and_takes_no_number(court: Court) -> None:
    """Junk in the stream, received earlier than it may be, does not make a lie of an honest refusal."""
    content = LevelRaised(level="CRISIS", reason="drill")
    said = court.world.organ("chair", content)
    early = datetime(2026, 1, 1, tzinfo=UTC)
    court.world.entries[-1] = replace(said, leaf=replace(said.leaf, received_at=early))
    court.act = court.say(number=7)

    assert Verdict.JUSTIFIED == court.verdict(court.refused(Rule.NUMBER_GAP))


def test_a_refusal_beside_something_else_is_no_refusal_of_it(court: Court) -> None:
    file = court.refused(Rule.NOT_ENTITLED)
    with pytest.raises(OtherSubmissionError):
        Retrial(replace(file, submission=b"noise"))


@pytest.mark.parametrize("bend", [
    lambda raw: raw + b" ", lambda raw: raw[:-1], lambda raw: raw.replace(b'{"v":1', b'{"v":2'), lambda raw: b"",
])  # fmt: skip
def test_a_refusal_file_has_one_form(court: Court, bend: Callable[[bytes], bytes]) -> None:
    with pytest.raises(RefusedError, match=r"profile\."):
        decode_refusal_file(bend(encode_refusal_file(court.refused(Rule.NOT_ENTITLED))))
