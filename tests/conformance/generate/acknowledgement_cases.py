"""Cases of exports and acknowledgements."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import structs

from tacit.acts import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    DeliveryRecorded,
    ExportRecorded,
)
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64


def vectors() -> Iterator[Named]:
    yield from _exports()
    yield from _requests()
    yield from _receipts()
    yield from _overdue()


def _exports() -> Iterator[Named]:
    stand = Stand("posted")
    last = stand.world.state.size - 1
    export = ExportRecorded(first=0, last=last, format="JSONL", sha256=NOTHING, withheld=0)
    yield said(stand, "whole", "Every entry that there is.", "XAA", export)
    whole = structs.replace(export, withheld=last + 1)
    yield said(stand, "all-withheld", "An export that only marks.", "ORG/secretariat", whole)
    ahead = structs.replace(export, last=last + 1)
    yield said(stand, "itself", "An export does not cover its own record.", "XAA", ahead, Rule.EXPORT_SPAN)
    back = structs.replace(export, first=2, last=1)
    yield said(stand, "backwards", "It ends before it begins.", "XAA", back, Rule.EXPORT_SPAN)
    more = structs.replace(export, withheld=last + 2)
    yield said(stand, "too-many-withheld", "More than there are.", "XAA", more, Rule.EXPORT_SPAN)
    yield said(stand, "by-timekeeper", "The clock exports nothing.", "ORG/timekeeper", export, Rule.NOT_ENTITLED)
    yield said(Stand("founded"), "first-version", "Version 1 has no such act.", "XAA", export, Rule.NOT_ENTITLED)


def _requests() -> Iterator[Named]:
    stand, organ = Stand("posted"), "ORG/secretariat"
    world = stand.world
    asked = AcknowledgementRequested(
        act=stage.message(world), kind="READ", addressees=world.states, deadline=stage.deadline(world, 1_800)
    )
    yield said(stand, "all", "Both members, within half an hour.", organ, asked)
    twice = structs.replace(asked, addressees=("XAA", "XAA"))
    yield said(stand, "twice", "A member is named twice.", organ, twice, Rule.ADDRESSEES)
    other = structs.replace(asked, addressees=("XAA", "XZZ"))
    yield said(stand, "stranger", "Somebody who is no member.", organ, other, Rule.ADDRESSEES)
    wrong = Rule.ACKNOWLEDGEMENT_DEADLINE
    past = structs.replace(asked, deadline=stage.deadline(world, 0))
    yield said(stand, "past", "At the very moment.", organ, past, wrong)
    far = structs.replace(asked, deadline=stage.deadline(world, 31_622_401))
    yield said(stand, "too-far", "A second too far ahead.", organ, far, wrong)
    noon = structs.replace(asked, deadline=stage.deadline(world, 1_800, "noon"))
    yield said(stand, "noon", "Words without hour and minute.", organ, noon, wrong)
    yield said(stand, "by-member", "A member asks.", "XAA", asked, Rule.NOT_ENTITLED)


def _receipts() -> Iterator[Named]:
    unasked, stand, organ = Stand("posted"), Stand("called-for"), "ORG/secretariat"
    given = AcknowledgementGiven(act=stage.message(unasked.world), kind="READ")
    yield said(stand, "read", "A member has read the message.", "XAA", given)
    yield said(unasked, "unasked", "Nobody has asked.", "XAA", given)
    yield said(Stand("called-for", 1_801), "late", "A second late: noted.", "XAA", given)
    yield said(unasked, "by-chair", "The chair has received it, too.", "ORG/chair", given)
    yield said(stand, "by-timekeeper", "The clock reads nothing.", "ORG/timekeeper", given, Rule.NOT_ENTITLED)
    delivered = DeliveryRecorded(act=given.act, states=("XBB",), means="by hand")
    yield said(stand, "by-hand", "XBB was handed the message.", organ, delivered)
    stranger = structs.replace(delivered, states=("XZZ",))
    yield said(stand, "stranger", "To somebody who is no member.", organ, stranger, Rule.ADDRESSEES)
    yield said(stand, "by-member", "A member delivers nothing.", "XAA", delivered, Rule.NOT_ENTITLED)


def _overdue() -> Iterator[Named]:
    clock, at = "ORG/timekeeper", Stand("called-for", 1_801)
    asked = stage.acknowledgement(at.world)
    overdue = AcknowledgementOverdue(request=asked.request, deadline=asked.deadline.at, missing=at.world.states)
    yield said(at, "nobody", "Nobody has acknowledged in time.", clock, overdue)
    early = Stand("called-for", 1_800)
    yield said(early, "at-deadline", "The deadline is in time.", clock, overdue, Rule.ACKNOWLEDGEMENT_NOT_DUE)
    other = structs.replace(overdue, deadline=overdue.deadline - timedelta(seconds=1))
    yield said(at, "other-deadline", "Another deadline.", clock, other, Rule.ACKNOWLEDGEMENT_NOT_DUE)
    fewer = structs.replace(overdue, missing=("XBB",))
    yield said(at, "fewer", "One who is missing is left out.", clock, fewer, Rule.ACKNOWLEDGEMENT_MISSING)
    turned = structs.replace(overdue, missing=("XBB", "XAA"))
    yield said(at, "other-order", "Not in the order of the request.", clock, turned, Rule.ACKNOWLEDGEMENT_MISSING)
    unknown = structs.replace(overdue, request=NOTHING)
    yield said(at, "unknown", "What nobody asked for.", clock, unknown, Rule.ACKNOWLEDGEMENT_UNKNOWN)
    yield said(Stand("overdue"), "twice", "It has been said.", clock, overdue, Rule.ACKNOWLEDGEMENT_UNKNOWN)
    yield said(at, "by-chair", "The chair is no clock.", "ORG/chair", overdue, Rule.NOT_ENTITLED)
