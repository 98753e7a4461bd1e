"""Cases of docs/reference/spec/act.md: the header, field by field, and admission."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import msgspec
from msgspec import structs

from tacit import acts
from tacit.acts import Act, Category, ChannelOpened, Label, MessagePosted, OfficeAccredited, Seen
from tacit.compose import sign
from tacit.errors import Rule
from tacit.testing import signer_for
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.say import Stand
from tests.conformance.octets import show
from tests.conformance.vector import ActCase

NOTHING: Final = "f" * 64
MESSAGE: Final = MessagePosted(subject="Message", in_reply_to=None)
FORM: Final = Stand("founded").compose("XAA", MESSAGE, text=b"text").act
OFFICE: Final = OfficeAccredited(state="XBB", office="deputy", title="Deputy", commits=True)


def form(clause: int, slug: str, comment: str, rule: Rule | None = None, **header: object) -> Named:
    """A case of an act that is only read, its header bent."""
    payload = acts.encode(Act(structs.replace(FORM.header, **header), FORM.content))
    return case(f"act {clause}", slug, comment, ActCase(show(payload)), rule or "accepted")


def loose(clause: int, slug: str, comment: str, rule: Rule, **header: Any) -> Named:  # values that no header can hold
    plain = json.loads(acts.encode(FORM))
    plain["header"] = {key: value for key, value in {**plain["header"], **header}.items() if value is not ...}
    return case(f"act {clause}", slug, comment, ActCase(show(msgspec.json.encode(plain))), rule)


def said(
    clause: int,
    slug: str,
    comment: str,
    rule: Rule | None = None,
    *,
    stage: str = "founded",
    who: str = "XAA",
    **bent: Any,
) -> Named:
    """A case of a message handed in with its header bent."""
    return Stand(stage).says(f"act {clause}", slug, comment, who, MESSAGE, rule or "accepted", text=b"text", **bent)


def vectors() -> Iterator[Named]:
    yield from _form()
    yield from _place()
    yield from _author()
    yield from _releaser()
    yield from _entitlement()
    yield from _chain()
    yield from _times()
    yield from _attachments()
    yield from _in_force()


def _form() -> Iterator[Named]:
    yield form(1, "form", "Header and content.")
    yield loose(1, "form-no-precedence", "A header without one of its fields.", Rule.MISSING_FIELD, precedence=...)
    yield form(2, "version", "Version 1.")
    yield loose(2, "version-other", "Version 2.", Rule.WRONG_VALUE, v=2)
    yield said(3, "organisation", "The organisation of the record.")
    yield said(
        3,
        "organisation-other",
        "Another organisation: an exercise act never reaches a real record.",
        Rule.OTHER_ORGANISATION,
        organisation=NOTHING,
    )
    seen = Seen(3, NOTHING)
    yield form(10, "seen", "The last checkpoint that the author verified.", seen=seen)
    yield loose(10, "seen-negative", "A size below zero.", Rule.WRONG_VALUE, seen={"size": -1, "root": NOTHING})
    label = Label("EXAMPLE", "RESTRICTED", (Category("PERMISSIVE", "Releasable To", ("XAA", "XBB")),))
    yield form(11, "label", "A label with one category.", label=label)
    empty = Category("PERMISSIVE", "Releasable To", ())
    yield form(
        11,
        "label-no-value",
        "A category without values.",
        Rule.WRONG_VALUE,
        label=structs.replace(label, categories=(empty,)),
    )
    yield form(12, "precedence", "One of six words.", precedence="FLASH")
    yield form(12, "precedence-unknown", "A seventh.", Rule.WRONG_VALUE, precedence="URGENT")
    yield form(13, "references", "Thirty-two earlier acts.", references=(NOTHING,) * 32)
    yield form(13, "references-many", "Thirty-three.", Rule.WRONG_VALUE, references=(NOTHING,) * 33)


def _place() -> Iterator[Named]:
    yield said(4, "place", "A message is said in a channel of a body.")
    yield said(4, "place-none", "A message said nowhere.", Rule.PLACE, body=None, channel=None)
    yield said(4, "place-no-channel", "A body without a channel.", Rule.PLACE, channel=None)
    yield said(4, "body-unknown", "A body that does not exist.", Rule.BODY_UNKNOWN, body="committee")
    yield said(4, "channel-unknown", "A channel that was not opened.", Rule.CHANNEL_UNKNOWN, channel="west")
    stand = Stand("founded")
    yield stand.says("act 4", "register", "An act on the register has no place.", "ORG/secretariat", OFFICE)
    yield stand.says(
        "act 4",
        "register-with-place",
        "An act on the register said in a channel.",
        "ORG/secretariat",
        OFFICE,
        Rule.PLACE,
        body="council",
        channel="east",
    )
    second = ChannelOpened(title="West", kind="standing")
    first = stand.world.author("ORG", "chair").signer
    enrolled = stand.world.state.credentials[first.credential].enrolled_by
    yield stand.says(
        "act 4",
        "new-channel",
        "A channel is opened by an act said in it.",
        "ORG/chair",
        second,
        channel="west",
        number=1,
        previous=enrolled,
    )


def _author() -> Iterator[Named]:
    yield said(5, "author", "An office signs with its credential.")
    stranger = signer_for("XCC/permanent-representative")
    yield said(
        5,
        "credential-unknown",
        "A credential that nobody enrolled.",
        Rule.CREDENTIAL_UNKNOWN,
        credential=stranger.credential,
        signer=stranger,
    )
    yield said(5, "credential-revoked", "A revoked credential.", Rule.CREDENTIAL_REVOKED, stage="revoked")
    for slug, comment, who, rule in (
        ("member", "A member of the body.", "XAA", None),
        ("not-a-member", "A member of another body.", "XBB", Rule.NOT_A_MEMBER),
    ):
        enrolled = Stand("committee").world.link(Stand("committee").world.author(who), ("committee", "east"))
        bent = {"body": "committee", "previous": enrolled.previous}
        yield said(5, slug, comment, rule, stage="committee", who=who, **bent)
    yield said(5, "other-office", "A credential of another office.", Rule.CREDENTIAL_OTHER_OFFICE, office="deputy")
    yield said(5, "other-state", "Acting for another member.", Rule.CREDENTIAL_OTHER_OFFICE, state="XBB")
    yield said(6, "capacity", "A member speaks for itself.")
    yield said(6, "capacity-chair", "A member speaks as the chair.", Rule.CAPACITY, capacity="chair")
    yield said(
        6, "capacity-chair-own", "The chair speaks as if for itself.", Rule.CAPACITY, who="ORG/chair", capacity="own"
    )
    yield said(6, "capacity-of-chair", "The chair speaks as the chair.", who="ORG/chair")
    yield said(7, "on-behalf-of-nobody", "On behalf of nobody.")
    yield said(
        7, "on-behalf-of", "On behalf of a member: nobody has given a mandate.", Rule.MANDATE, on_behalf_of=("XBB",)
    )
    yield said(
        7, "capacity-on-behalf-of", "In the capacity of a representative.", Rule.MANDATE, capacity="on_behalf_of"
    )


def _releaser() -> Iterator[Named]:
    deputy = signer_for("XAA/deputy")
    stand = Stand("founded")
    composed = stand.compose("XAA", MESSAGE, text=b"text", releaser=deputy.credential)
    author = signer_for("XAA/permanent-representative")
    yield stand.hands_in(
        "act 15", "releaser", "Another office of the state releases.", sign(composed.act, author, deputy)
    )
    other = signer_for("XBB/permanent-representative")
    foreign = stand.compose("XAA", MESSAGE, text=b"text", releaser=other.credential)
    yield stand.hands_in(
        "act 15",
        "releaser-other-state",
        "An office of another state releases.",
        sign(foreign.act, author, other),
        Rule.RELEASER,
    )
    root = signer_for("XAA/root")
    rooted = sign(stand.compose("XAA", MESSAGE, text=b"text", releaser=root.credential).act, author, root)
    yield stand.hands_in(
        "act 15", "releaser-root", "A root releases: it accepts, enrols and revokes.", rooted, Rule.RELEASER
    )
    selfish = stand.compose("XAA", MESSAGE, text=b"text", releaser=author.credential)
    yield stand.hands_in(
        "act 15",
        "releaser-author",
        "The author releases its own act.",
        sign(selfish.act, author, author),
        Rule.RELEASER,
    )


def _entitlement() -> Iterator[Named]:
    yield said(16, "entitled", "A delegation may post a message.")
    kept = Stand("founded")
    yield kept.says(
        "act 16",
        "not-entitled",
        "A delegation may not open a channel.",
        "XAA",
        ChannelOpened(title="West", kind="standing"),
        Rule.NOT_ENTITLED,
    )
    asked = acts.ConsultationRequested(basis="Article 4", threatened=(), subject="Overflights")
    yield kept.says(
        "act 16",
        "not-committing",
        "An office that does not commit its state may not ask to consult.",
        "XAA/deputy",
        asked,
        Rule.NOT_ENTITLED,
    )


def _chain() -> Iterator[Named]:
    yield said(8, "first", "The first act in a place follows the author's enrolment.")
    yield said(8, "first-after-nothing", "The first act follows something else.", Rule.PREVIOUS, previous=NOTHING)
    yield said(8, "gap", "The first act has number 2.", Rule.NUMBER_GAP, number=2)
    yield said(8, "second", "The second act follows the first.", stage="consulting")
    yield said(
        8, "previous", "The second act follows something else.", Rule.PREVIOUS, stage="consulting", previous=NOTHING
    )
    yield said(
        8, "equivocation", "Another act under a number that is taken.", Rule.EQUIVOCATION, stage="consulting", number=1
    )
    stand = Stand("silent")
    repeated = next(entry for entry in reversed(stand.world.entries) if entry.act.header.state == "XBB")
    composed = sign(repeated.act, signer_for("XBB/permanent-representative"))
    yield stand.hands_in("act 8", "repeated", "The same act again.", composed, Rule.NUMBER_USED)
    chair = Stand("convened")
    old = chair.says(
        "act 8",
        "number-used",
        "A number that was used before the last.",
        "ORG/secretariat",
        ChannelOpened(title="East", kind="crisis"),
        Rule.EQUIVOCATION,
        number=1,
    )
    yield old


def _times() -> Iterator[Named]:
    now = Stand("founded").world.now
    yield said(9, "times", "Claimed now, to be played within ten minutes.")
    yield said(9, "last-moment", "Received at the last moment.", received_after_s=600)
    yield said(9, "expired", "Received a microsecond later.", Rule.EXPIRED, received_after_s=600.000001)
    yield said(9, "day", "To be played within a day.", not_after=now + timedelta(days=1))
    yield said(
        9,
        "more-than-a-day",
        "To be played within more than a day.",
        Rule.VALIDITY,
        not_after=now + timedelta(days=1, microseconds=1),
    )
    yield said(
        9, "ends-before-it-begins", "Claimed after its end.", Rule.VALIDITY, claimed_at=now + timedelta(seconds=601)
    )
    ahead = now + timedelta(seconds=300)
    yield said(9, "ahead", "The author's clock is five minutes ahead.", claimed_at=ahead)
    yield said(
        9, "too-far-ahead", "A microsecond more.", Rule.CLAIMED_AHEAD, claimed_at=ahead + timedelta(microseconds=1)
    )


def _attachments() -> Iterator[Named]:
    yield said(14, "detached", "A message carries the hash of its text.")
    yield said(14, "detached-missing", "A message without one.", Rule.DETACHED_MISSING, detached=None)


def _in_force() -> Iterator[Named]:
    stand = Stand("opened")
    yield stand.says(
        "act 17",
        "not-in-force",
        "Something is said before every founder has accepted.",
        "ORG/secretariat",
        OFFICE,
        Rule.CHARTER_NOT_IN_FORCE,
    )
    composed = stand.compose("ORG/secretariat", OFFICE)
    yield stand.hands_in(
        "act 17",
        "no-charter",
        "Something is said before the charter.",
        composed,
        Rule.CREDENTIAL_UNKNOWN,
        before_any=True,
    )
    yield Stand("founded").says("act 17", "in-force", "The same when all have accepted.", "ORG/secretariat", OFFICE)
