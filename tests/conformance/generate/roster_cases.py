"""Cases of bodies and rosters."""

from collections.abc import Iterator

from msgspec import structs

from tacit.acts import BodyConstituted, ConsensusPerceived, MessagePosted, RosterAdmitted, RosterRemoved
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

ORGAN = "ORG/secretariat"


def vectors() -> Iterator[Named]:
    yield from _bodies()
    yield from _admissions()
    yield from _removals()


def _bodies() -> Iterator[Named]:
    stand = Stand("seated")
    made = BodyConstituted(body="cabinet", title="Cabinet", members=("XCC", "XAA"), basis=None)
    yield said(stand, "new", "A body of two.", ORGAN, made)
    again = structs.replace(made, body="committee")
    yield said(stand, "again", "There is a body of this name.", ORGAN, again, Rule.BODY_EXISTS)
    stranger = structs.replace(made, members=("XAA", "XZZ"))
    yield said(stand, "stranger", "With somebody who is no founder.", ORGAN, stranger, Rule.ROSTER_STATES)
    twice = structs.replace(made, members=("XAA", "XAA"))
    yield said(stand, "twice", "A member is named twice.", ORGAN, twice, Rule.ROSTER_STATES)
    yield said(stand, "by-member", "A member constitutes nothing.", "XAA", made, Rule.NOT_ENTITLED)
    yield stand.says(
        "vocabulary 34", "body-constituted-in-a-channel", "In a channel.", ORGAN, made, Rule.PLACE,
        body="council", channel="east",
    )  # fmt: skip


def _admissions() -> Iterator[Named]:
    stand = Stand("seated")
    admit = RosterAdmitted(body="committee", states=("XCC",), basis=None, reason="")
    yield said(stand, "new", "XCC joins the committee.", "ORG/chair", admit)
    yield said(Stand("unseated"), "back", "Who was removed is admitted again.", ORGAN, _to(admit, "council"))
    sitting = structs.replace(admit, states=("XAA", "XCC"))
    yield said(stand, "sitting", "XAA sits there.", ORGAN, sitting, Rule.ROSTER_ADMITTED)
    stranger = structs.replace(admit, states=("XZZ",))
    yield said(stand, "stranger", "No founder.", ORGAN, stranger, Rule.ROSTER_STATES)
    yield said(stand, "no-body", "There is no such body.", ORGAN, _to(admit, "cabinet"), Rule.BODY_UNKNOWN_HERE)
    yield said(stand, "by-member", "A member admits nobody.", "XAA", admit, Rule.NOT_ENTITLED)


def _removals() -> Iterator[Named]:
    stand, after = Stand("seated"), Stand("unseated")
    remove = RosterRemoved(body="committee", states=("XBB",), basis=None, reason="")
    yield said(stand, "one", "XBB leaves the committee.", ORGAN, remove)
    absent = structs.replace(remove, states=("XCC",))
    yield said(stand, "absent", "XCC does not sit there.", ORGAN, absent, Rule.ROSTER_NOT_ADMITTED)
    everybody = structs.replace(remove, states=("XBB", "XAA"))
    yield said(stand, "everybody", "Nobody would be left.", ORGAN, everybody, Rule.ROSTER_EMPTY)
    twice = structs.replace(remove, states=("XBB", "XBB"))
    yield said(stand, "twice", "A member is named twice.", ORGAN, twice, Rule.ROSTER_STATES)
    other = structs.replace(remove, body="cabinet")
    yield said(stand, "no-body", "There is no such body.", ORGAN, other, Rule.BODY_UNKNOWN_HERE)
    yield said(stand, "by-member", "A member removes nobody.", "XAA", remove, Rule.NOT_ENTITLED)
    message = MessagePosted(subject="I am still here", in_reply_to=None)
    yield after.says(
        "vocabulary 36", "roster-removed-speaks", "Who was removed speaks.", "XCC", message, Rule.NOT_A_MEMBER, text=b""
    )
    perceived = ConsensusPerceived(question=stage.question(after.world))
    yield after.says(
        "vocabulary 36", "roster-removed-question", "The question was put to another circle.", "ORG/chair", perceived,
        Rule.QUESTION_NOT_PUT,
    )  # fmt: skip


def _to(content: RosterAdmitted, body: str) -> RosterAdmitted:
    return structs.replace(content, body=body)
