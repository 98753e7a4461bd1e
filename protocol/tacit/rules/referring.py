"""Rules of referral: one body lets an item go, another takes it up. Neither reads the other."""

from typing import assert_never

from tacit.acts import Act, ItemReferred, ItemTakenUp, ReferralContent
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, BodyId
from tacit.record.leaf import Leaf
from tacit.rules.effects import Effect
from tacit.rules.state import Body, Consultation, Item, State, Text
from tacit.rules.wording import require_free


def admit(state: State, body: Body, act: Act, content: ReferralContent) -> None:
    """Check an act of referral.

    Raises:
        RefusedError: `referral.*`, `text.*` or `consultation.status`.
    """
    match content:
        case ItemReferred():
            _check_other(state, body, content.to)
            _check_item(body, act, content.item)
        case ItemTakenUp():
            _check_other(state, body, content.source)
            if (content.text is None) is (content.consultation is None):
                raise RefusedError(Rule.REFERRAL_CONTENT, "a text or a consultation")
            if any(item.referral == content.referral for item in body.items.values()):
                raise RefusedError(Rule.REFERRAL_TWICE, content.referral)
        case _:
            assert_never(content)


def _check_other(state: State, body: Body, other: BodyId) -> None:
    if other == body.body or other not in state.bodies:
        raise RefusedError(Rule.REFERRAL_BODY, other)


def _check_item(body: Body, act: Act, item: ActId) -> None:
    text, asked = _text(body, item), body.consultations.get(item)
    if text is not None and text.channel == act.header.channel:
        require_free(text)
    elif asked is None or asked.channel != act.header.channel:
        raise RefusedError(Rule.REFERRAL_ITEM, item)
    elif asked.status not in {"REQUESTED", "CONVENED"}:
        raise RefusedError(Rule.CONSULTATION_STATUS, f"it is {asked.status}")


def _text(body: Body, item: ActId) -> Text | None:
    """The version that is meant: itself, or the one on which this question stands."""
    text = body.texts.get(body.questions.get(item, item))
    stands = text is not None and (item == text.text or (text.question is not None and text.question.question == item))
    return text if stands else None


def enact(body: Body, act: Act, content: ReferralContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act of referral."""
    match content:
        case ItemReferred():
            text = _text(body, content.item)
            if text is not None:
                text.status = "REFERRED"
            else:
                body.consultations[content.item].status = "REFERRED"
        case ItemTakenUp():
            _take_up(body, act, content, leaf)
        case _:
            assert_never(content)
    return ()


def _take_up(body: Body, act: Act, content: ItemTakenUp, leaf: Leaf) -> None:
    channel, text, asked = act.header.channel or "", content.text, content.consultation
    if text is not None:
        body.items[leaf.act] = Item(leaf.act, channel, content.source, content.referral, text.version.text)
    if asked is not None:
        body.items[leaf.act] = Item(leaf.act, channel, content.source, content.referral, asked.consultation)
        body.consultations[leaf.act] = Consultation(
            leaf.act, channel, asked.basis, asked.subject, list(asked.invoking), asked.threatened
        )
