"""Cases of referrals."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit.acts import ItemReferred, ItemTakenUp, PositionDeclared, ReferredConsultation
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64


def vectors() -> Iterator[Named]:
    yield from _referrals()
    yield from _taken_up()


def _referrals() -> Iterator[Named]:
    stand, chair = Stand("proposed"), "ORG/chair"
    refer = ItemReferred(item=stage.text(stand.world).text, to="committee", reason="")
    yield said(stand, "text", "A version goes to the committee.", chair, refer)
    question = structs.replace(refer, item=stage.question(stand.world))
    yield said(stand, "question", "By the question that stands on it.", chair, question)
    asked = structs.replace(refer, item=stage.consultation(stand.world))
    yield said(stand, "consultation", "A consultation goes to the committee.", chair, asked)
    unknown = structs.replace(refer, item=NOTHING)
    yield said(stand, "unknown", "Nothing that there is.", chair, unknown, Rule.REFERRAL_ITEM)
    nowhere = structs.replace(refer, to="cabinet")
    yield said(stand, "nowhere", "There is no such body.", chair, nowhere, Rule.REFERRAL_BODY)
    itself = structs.replace(refer, to="council")
    yield said(stand, "itself", "To the body itself.", chair, itself, Rule.REFERRAL_BODY)
    yield said(stand, "by-member", "A member refers nothing.", "XAA", refer, Rule.NOT_ENTITLED)
    after = Stand("referred")
    after.world.place = ("council", "east")
    yield said(after, "twice", "It has gone.", chair, refer, Rule.TEXT_REFERRED)
    joins = PositionDeclared(
        version=stage.version(after.world), scope="text", stance="JOINS", condition="", statement=""
    )
    yield said(after, "referred", "It is not here any more.", "XAA", joins, Rule.TEXT_REFERRED)


def _taken_up() -> Iterator[Named]:
    stand, organ = Stand("referred"), "ORG/secretariat"
    taken = stage.carried(stand.world)
    yield said(stand, "text", "With its wording and its number there.", organ, taken)
    asked = ReferredConsultation(
        consultation=stage.consultation(stand.world),
        basis="Article 4",
        subject="Overflights",
        invoking=("XAA",),
        threatened=(),
    )
    consultation = ItemTakenUp(source="council", referral=taken.referral, text=None, consultation=asked)
    yield said(stand, "consultation", "A consultation goes on.", organ, consultation)
    yield said(stand, "nothing", "Neither.", organ, structs.replace(taken, text=None), Rule.REFERRAL_CONTENT)
    both = structs.replace(taken, consultation=asked)
    yield said(stand, "both", "Both at once.", organ, both, Rule.REFERRAL_CONTENT)
    itself = structs.replace(taken, source="committee")
    yield said(stand, "itself", "From the body itself.", organ, itself, Rule.REFERRAL_BODY)
    yield said(stand, "by-member", "A member takes nothing up.", "XAA", taken, Rule.NOT_ENTITLED)
    yield said(Stand("taken-up"), "twice", "It is taken up once.", organ, taken, Rule.REFERRAL_TWICE)
