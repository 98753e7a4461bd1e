"""What a witness signs for when its clock, its log and the time that passes do not agree."""

import logging
from datetime import datetime, timedelta

import pytest

from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import Note, read_lines
from tacit.record.witness_signing import WitnessSigner
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.timing import CLOCK_AHEAD_S, ClockError, Timing
from tests.unit.witness.forking import AT, LOG, NO_FILES, ORIGIN, TRUE, WITNESS, WITNESSED, cosigner
from tests.unit.witness.test_attesting import Booth, opened

HOUR_S = 3600
LIMIT = timedelta(seconds=CLOCK_AHEAD_S)


class Desk:
    """A clock that is set, and the seconds that pass."""

    def __init__(self) -> None:
        self.ahead_s = self.passed_s = 0.0
        self.counts = Counts()
        self.timing = Timing(self.now, lambda: self.passed_s, self.counts)

    def now(self) -> datetime:
        return AT + timedelta(seconds=self.passed_s + self.ahead_s)

    @property
    def true_s(self) -> int:
        return int(AT.timestamp() + self.passed_s)

    def may_attest(self, at: datetime | None = None) -> bool:
        try:
            self.timing.check_attesting(at or self.now())
        except ClockError:
            return False
        return True

    def may_cosign(self, at_s: float, log_s: int) -> bool:
        try:
            self.timing.check_cosigning(int(at_s), log_s)
        except ClockError:
            return False
        return True


def asks(old: int, size: int, log_s: float) -> bytes:
    """The log asks, and names a second."""
    note = LOG.sign(TRUE.checkpoint(size), int(log_s))
    return AddCheckpoint(old, TRUE.proof(old, size), note).encode()


async def cosigned_at(witness: Cosigner, old: int, size: int, log_s: float) -> int | None:
    answer = await witness.add_checkpoint(asks(old, size, log_s))
    if answer.status != 200:
        assert 503 == answer.status
        return None
    (found,) = verify_note(Note(TRUE.checkpoint(size).text, read_lines(answer.body)), [WITNESS.vkey])
    return found.at_s


async def test_nothing_is_cosigned_for_a_time_far_ahead_of_the_log_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk, store = Desk(), MemoryWitnessStore()
    witness = Cosigner(store, WitnessSigner(WITNESS), (WITNESSED,), desk.timing, desk.counts, NO_FILES)
    desk.ahead_s = CLOCK_AHEAD_S + 1
    with caplog.at_level(logging.CRITICAL):
        assert await cosigned_at(witness, 0, 5, desk.true_s) is None
    told = desk.counts.text()
    assert await witness.latest(ORIGIN) is None
    assert [("clock_ahead", {"what": "checkpoint", "ahead_s": 601})] == [
        (each.getMessage(), vars(each)["fields"]) for each in caplog.records
    ]
    assert 'tacit_witness_clock_refusals_total{what="checkpoint"} 1\n' in told
    assert "\ntacit_witness_ahead_seconds 601\n" in told

    desk.ahead_s = CLOCK_AHEAD_S
    assert desk.true_s + CLOCK_AHEAD_S == await cosigned_at(witness, 0, 5, desk.true_s)


async def test_a_time_that_was_signed_far_ahead_is_waited_for_and_never_taken_back() -> None:
    desk, store = Desk(), MemoryWitnessStore()
    far = cosigner(store, lambda: AT + timedelta(seconds=HOUR_S))
    assert desk.true_s + HOUR_S == await cosigned_at(far, 0, 5, 0)
    witness = Cosigner(store, WitnessSigner(WITNESS), (WITNESSED,), desk.timing, desk.counts, NO_FILES)

    assert await cosigned_at(witness, 5, 9, desk.true_s) is None
    desk.passed_s = HOUR_S - CLOCK_AHEAD_S
    assert int(AT.timestamp()) + HOUR_S == await cosigned_at(witness, 5, 9, desk.true_s)


async def test_a_log_that_is_ahead_is_cosigned_for_the_time_that_it_is() -> None:
    desk = Desk()
    witness = Cosigner(MemoryWitnessStore(), WitnessSigner(WITNESS), (WITNESSED,), desk.timing, desk.counts, NO_FILES)

    assert desk.true_s == await cosigned_at(witness, 0, 5, desk.true_s + HOUR_S)


async def test_an_act_is_not_attested_for_a_time_that_is_far_ahead_of_the_clock() -> None:
    booth = Booth()
    begun = booth.world.now
    booth.world.now += 2 * LIMIT
    booth.jumped_s = -1.0
    await booth.show(booth.act("XCC"))
    booth.world.now = begun

    assert 503 == (await booth.show(booth.act())).status
    assert 'tacit_witness_clock_refusals_total{what="attestation"} 1\n' in booth.counts.text()
    booth.world.now = begun + LIMIT
    found = opened(await booth.show(booth.act(reason="Then.")))
    assert (begun + 2 * LIMIT, 2) == (found.at, found.counter)


async def test_an_act_is_not_attested_after_the_clock_has_jumped_ahead() -> None:
    booth = Booth()
    booth.world.wait(30)
    booth.world.now += 2 * LIMIT
    booth.jumped_s = 2 * CLOCK_AHEAD_S
    answer = await booth.show(booth.act())

    assert (503, b"set the clock\n") == (answer.status, answer.body[-14:])
    assert [] == booth.forwarded.sent


def test_a_clock_that_has_jumped_is_believed_once_the_log_names_its_time_or_the_witness_begins_anew() -> None:
    desk = Desk()
    desk.ahead_s = 2 * HOUR_S
    assert not desk.may_attest()
    assert not desk.may_cosign(desk.now().timestamp(), desk.true_s)
    assert not desk.may_attest()
    assert desk.may_cosign(desk.now().timestamp(), int(desk.now().timestamp()) - 5)
    assert desk.may_attest()
    desk.ahead_s += HOUR_S
    assert not desk.may_attest()
    anew = Timing(desk.now, lambda: desk.passed_s, desk.counts)
    anew.check_attesting(desk.now())


def test_a_log_that_is_set_back_keeps_nobody_from_attesting() -> None:
    desk = Desk()
    desk.passed_s = 20.0

    assert not desk.may_cosign(desk.true_s, desk.true_s - HOUR_S)
    assert desk.may_attest()


def test_where_a_log_names_no_time_a_clock_that_has_jumped_cosigns_nothing() -> None:
    desk = Desk()
    assert desk.may_cosign(desk.true_s, 0)
    desk.ahead_s = HOUR_S
    assert not desk.may_cosign(desk.now().timestamp(), 0)


def test_a_machine_that_sleeps_and_a_clock_that_is_behind_hinder_nothing() -> None:
    desk = Desk()
    desk.passed_s = 30 * HOUR_S
    assert desk.may_attest()
    desk.ahead_s = -HOUR_S
    assert desk.may_attest()
