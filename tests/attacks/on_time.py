"""Attacks with the clock: when something was received is the word of one service, and cosignatures bracket it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tacit.acts import SilenceBroken
from tacit.acts.header import Seen
from tacit.compose import Composed, Window, compose
from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.testing import COUNCIL, EAST, World
from tests.attacks.case import CLOCK, LINE, LOG, WITNESSES, Named, Outcome, attack
from tests.attacks.detectors import told_by_verify, verified
from tests.attacks.on_record import NEWS
from tests.attacks.on_rules import adopted, after_the_deadline, passed
from tests.attacks.operator import CHECKPOINT_S, QUORUM, Operator, silence
from tests.unit.verify.archives import signed


def passed_early() -> Operator:
    """The clock is set forward by an hour, and the services do what is right by that clock."""
    operator = Operator()
    world = after_the_deadline(operator.world)
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    operator.take_in()
    return operator


@attack(
    "a silence passes early, by a clock set forward",
    CLOCK,
    by="verify",
    name="time.ahead",
    entries=1,
    seconds=1.0,
)
def set_the_clock_forward(folder: Path) -> Outcome:
    operator = passed_early()
    mark = operator.after(CHECKPOINT_S)
    return verified(operator, operator.continued(mark), folder, operator.size - 2, at=mark.at)


@attack(
    "a silence passes early, a witness is in league",
    CLOCK,
    WITNESSES,
    by="verify",
    name="time.ahead",
    entries=1,
    seconds=1.0,
)
def set_two_clocks_forward(folder: Path) -> Outcome:
    operator = passed_early()
    mark = operator.after(CHECKPOINT_S)
    files = operator.continued(mark)
    forward = mark._replace(at=operator.world.now, by=("XCC",))
    shown = files[CHECKPOINT]
    root = parse_checkpoint(parse_note(shown).text).root
    honest = signed(operator.world, operator.size, root, mark._replace(by=QUORUM[:2]))
    note = honest.with_lines(signed(operator.world, operator.size, root, forward).lines[-1])
    files = {each: note.encode() if raw == shown else raw for each, raw in files.items()}
    return verified(operator, files, folder, operator.size - 2, at=mark.at)


def late_break(world: World, received_at: datetime) -> Composed:
    """A break by a member who is in league with the operator and writes the time that suits both."""
    author = world.author("XEE")
    window = Window(received_at, received_at + timedelta(hours=12))
    content = SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 1")
    return compose(author, content, (COUNCIL, EAST), world.link(author, (COUNCIL, EAST)), window)


def dated_back(folder: Path, seconds: float, *options: str) -> Outcome:
    """So long after the deadline, while everybody waits for the end of the closing period, a break is dated back."""
    operator = Operator()
    world, deadline = operator.world, silence(operator.world).deadline.at
    beat = operator.after(seconds - CHECKPOINT_S, since=deadline)
    world.now = operator.struck_at = deadline + timedelta(seconds=seconds)
    in_time = deadline - timedelta(seconds=1)
    index = operator.append(late_break(world, in_time), in_time)
    mark = operator.after(CHECKPOINT_S)
    return verified(operator, operator.continued(beat, mark), folder, index, *options, at=mark.at)


@attack("a break that is 45 s late is dated back", CLOCK, by="verify", name="time.behind", seconds=1.0)
def date_a_late_break_back(folder: Path) -> Outcome:
    return dated_back(folder, 45.0)


@attack(
    "a break 20 s late is dated back (`--tolerance 5`)",
    CLOCK,
    by="verify",
    name="time.behind",
    seconds=1.0,
)
def date_a_late_break_back_a_little(folder: Path) -> Outcome:
    return dated_back(folder, 20.0, "--tolerance", "5")


@attack("the log stands still, and a break is dated back", CLOCK, LOG, by="verify", name="gaps", seconds=1.0)
def stop_the_log_over_a_deadline(folder: Path) -> Outcome:
    operator = Operator()
    world, deadline = operator.world, silence(operator.world).deadline.at
    world.now = operator.struck_at = deadline + timedelta(minutes=2)
    in_time = deadline - timedelta(seconds=1)
    index = operator.append(late_break(world, in_time), in_time)
    mark = operator.after(CHECKPOINT_S)
    told = told_by_verify(operator.continued(mark), folder)
    # No finding: a log may have stood still for other reasons. But nothing of this is said to be proved.
    found = (Named("gaps", told["gap_first"]),) if told["gaps"] else ()
    return Outcome(index, operator.struck_at, found, mark.at, told["seconds"])


@attack(
    "the log stands still, and a silence passes early by a clock set forward",
    CLOCK,
    LOG,
    by="verify",
    name="gaps",
    seconds=3659.0,
)
def stop_the_log_and_set_the_clock_forward(folder: Path) -> Outcome:
    """Nothing is cosigned until the time has come that the outcome bears: then it agrees with every cosignature."""
    operator = passed_early()
    mark = operator.after(CHECKPOINT_S, since=operator.world.now)
    told = told_by_verify(operator.continued(mark), folder)
    found = (Named("gaps", told["gap_first"]),) if told["gaps"] else ()
    return Outcome(operator.size - 2, operator.struck_at, found, mark.at, told["seconds"])


CLOSING_S: Final = 31.0
"""After the deadline: so long, and a second, nobody may state an outcome."""


def announced_late(seconds: float) -> Operator:
    """The outcome is held back so long after the end of the closing period, while the log goes on, and dated back."""
    operator = Operator()
    world, deadline = operator.world, silence(operator.world).deadline.at
    operator.struck_at = deadline + timedelta(seconds=CLOSING_S + seconds)
    after_the_deadline(world, CLOSING_S)
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    return operator


@attack("an outcome is held back and dated back to its time", CLOCK, by="verify", name="time.behind", seconds=1.0)
def hold_an_outcome_back(folder: Path) -> Outcome:
    operator = announced_late(3_600.0)
    index, beat = operator.size, operator.after(0.0)
    operator.take_in()
    mark = operator.after(CHECKPOINT_S)
    return verified(operator, operator.continued(beat, mark), folder, index, at=mark.at)


def seen_elsewhere(folder: Path, seen: Seen) -> Outcome:
    """A member acts on what it was shown, and its act comes into the record that others are shown."""
    operator = Operator()
    world = operator.world
    author = world.author("XDD")
    link = world.link(author, world.place)
    said = compose(author, NEWS, world.place, link, world.window(), detached="0" * 64, seen=seen)
    index = operator.append(said)
    mark = operator.after(CHECKPOINT_S)
    return verified(operator, operator.continued(mark), folder, index)


@attack("two members are shown two histories, and one of them acts", LINE, LOG, by="verify", name="seen.root")
def show_two_histories(folder: Path) -> Outcome:
    return seen_elsewhere(folder, Seen(20, "1" * 64))


@attack("a member is shown a longer history than others, and acts", LINE, LOG, by="verify", name="seen.beyond")
def show_a_longer_history(folder: Path) -> Outcome:
    return seen_elsewhere(folder, Seen(1_000, "1" * 64))
