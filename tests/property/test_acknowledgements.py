"""Receipts: who is missing is what the record says, counted by hand; nobody who answered in time is called missing."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.acts import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    Deadline,
    DeliveryRecorded,
    MessagePosted,
    Receipt,
)
from tacit.errors import Rule
from tacit.rules.effects import AcknowledgementComplete
from tacit.testing import World
from tests.property import plays

PLAYS = settings(max_examples=max(20, settings.default.max_examples // 4) if settings.default else 20)
KINDS: tuple[Receipt, ...] = ("DELIVERY", "READ", "ACTION")
STATES = ("XAA", "XBB", "XCC")
DUE_S = 60


def called_for(data: DataObject) -> tuple[World, AcknowledgementRequested, str]:
    """A message, and a request for receipts from some members."""
    world = World(STATES, ruleset="nato-like-2")
    message = world.organ("chair", MessagePosted(subject="Warning", in_reply_to=None), text=b"text").leaf.act
    deadline = Deadline(world.now + timedelta(seconds=DUE_S), "Europe/Brussels", "09:01 Brussels")
    addressees = data.draw(st.lists(st.sampled_from(STATES), min_size=1, unique=True).map(tuple))
    asked = AcknowledgementRequested(
        act=message, kind=data.draw(st.sampled_from(KINDS)), addressees=addressees, deadline=deadline
    )
    return world, asked, world.organ("secretariat", asked).leaf.act


def answer(data: DataObject, world: World, asked: AcknowledgementRequested) -> None:
    """One receipt of any kind, at any time around the deadline, for the message or for nothing."""
    world.wait(data.draw(st.sampled_from([0.0, 0.000001, 20.0, 40.0])))
    act = data.draw(st.sampled_from([asked.act, asked.act, asked.act, plays.NOBODY]))
    if data.draw(st.booleans()):
        states = data.draw(st.lists(st.sampled_from(STATES), min_size=1, unique=True).map(tuple))
        world.organ("secretariat", DeliveryRecorded(act=act, states=states, means="by hand"))
    else:
        kind = data.draw(st.sampled_from(KINDS))
        world.say(data.draw(st.sampled_from(STATES)), AcknowledgementGiven(act=act, kind=kind))


def answered(world: World, asked: AcknowledgementRequested) -> set[str]:
    """Who has acknowledged in time, by the record alone."""
    found: set[str] = set()
    for entry in world.entries:
        content = entry.act.content
        if entry.leaf.received_at > asked.deadline.at:
            break
        if isinstance(content, AcknowledgementGiven) and content.act == asked.act:
            enough = KINDS.index(content.kind) >= KINDS.index(asked.kind)
            found |= {entry.act.header.state} if enough else set()
        if isinstance(content, DeliveryRecorded) and content.act == asked.act and asked.kind == "DELIVERY":
            found |= set(content.states)
    return found


@PLAYS
@given(data=st.data())
def test_who_is_missing_is_who_has_not_answered_in_time(data: DataObject) -> None:
    world, asked, request = called_for(data)
    for _ in range(data.draw(st.integers(0, 8))):
        answer(data, world, asked)
    held = world.state.bodies["council"].acknowledgements[request]
    missing = [state for state in asked.addressees if state not in answered(world, asked)]
    complete = [
        effect for effects in world.effects for effect in effects if isinstance(effect, AcknowledgementComplete)
    ]

    assert missing == held.missing
    assert (held.status == "COMPLETE") is (missing == []) is (len(complete) == 1)
    assert set(held.late) <= set(missing)


@PLAYS
@given(data=st.data())
def test_overdue_is_said_once_after_the_deadline_and_with_the_true_names(data: DataObject) -> None:
    world, asked, request = called_for(data)
    for _ in range(data.draw(st.integers(0, 8))):
        answer(data, world, asked)
    missing = tuple(state for state in asked.addressees if state not in answered(world, asked))
    named = data.draw(st.sampled_from([missing, missing, STATES, STATES[:1]]).filter(bool))
    content = AcknowledgementOverdue(request=request, deadline=asked.deadline.at, missing=named)
    author = world.author("ORG", "timekeeper")

    refused = plays.try_to_record(world, world.compose(author, content))

    due = bool(missing) and world.now > asked.deadline.at and named == missing
    wrong = {Rule.ACKNOWLEDGEMENT_UNKNOWN, Rule.ACKNOWLEDGEMENT_NOT_DUE, Rule.ACKNOWLEDGEMENT_MISSING}
    assert due is (refused is None)
    assert refused is None or refused.rule in wrong
    again = plays.try_to_record(world, world.compose(author, content))
    assert again is not None
