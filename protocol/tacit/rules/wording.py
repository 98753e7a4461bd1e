"""Rules of texts and of positions: a position binds to exactly one wording and dies with it."""

from typing import assert_never

from tacit.acts import Act, PositionDeclared, ReferenceAllotted, RevisionIssued, TextCirculated, TextContent, Version
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, ChannelId
from tacit.record.leaf import Leaf
from tacit.rules.effects import Effect, PositionChanged, TextSuperseded
from tacit.rules.state import Body, Text


def find_text(body: Body, channel: ChannelId | None, text: ActId) -> Text:
    """A version that was issued in this channel.

    Raises:
        RefusedError: `text.unknown`.
    """
    found = body.texts.get(text)
    if found is None or found.channel != channel:
        raise RefusedError(Rule.TEXT_UNKNOWN, text)
    return found


def find_open_version(body: Body, channel: ChannelId | None, version: Version) -> Text:
    """The version named, if it is still open and the wording is its wording.

    Raises:
        RefusedError: `text.unknown`, `text.wording`, or the reason why it is not open.
    """
    text = find_text(body, channel, version.text)
    if text.wording != version.wording:
        raise RefusedError(Rule.WORDING, version.wording)
    _require_open(text)
    return text


def _require_open(text: Text) -> None:
    if text.status == "SUPERSEDED":
        raise RefusedError(Rule.TEXT_SUPERSEDED, show_reference(text))
    if text.status == "AGREED":
        raise RefusedError(Rule.TEXT_AGREED, show_reference(text))
    if text.status == "COUNTED":
        raise RefusedError(Rule.TEXT_COUNTED, show_reference(text))
    if text.status == "REFERRED":
        raise RefusedError(Rule.TEXT_REFERRED, show_reference(text))


def require_free(text: Text) -> None:
    """Check that a version is open and that no silence holds it.

    Raises:
        RefusedError: `text.*`.
    """
    _require_open(text)
    if text.status == "UNDER_SILENCE":
        raise RefusedError(Rule.TEXT_UNDER_SILENCE, show_reference(text))


def show_reference(text: Text) -> str:
    """The reference as people write it, with its revision."""
    return f"{text.reference}-REV{text.revision}" if text.revision else text.reference


def admit_text(body: Body, act: Act, content: TextContent) -> None:
    """Check an act on a text.

    Raises:
        RefusedError: `reference.*` or `text.*`.
    """
    match content:
        case ReferenceAllotted():
            if content.reference in body.references:
                raise RefusedError(Rule.REFERENCE_TAKEN, content.reference)
        case TextCirculated():
            if content.reference not in body.references:
                raise RefusedError(Rule.NUMBER_NOT_ALLOTTED, content.reference)
            if body.references[content.reference] is not None:
                raise RefusedError(Rule.REFERENCE_TAKEN, content.reference)
        case RevisionIssued():
            _admit_revision(body, act, content)
        case _:
            assert_never(content)


def _admit_revision(body: Body, act: Act, content: RevisionIssued) -> None:
    text = find_text(body, act.header.channel, content.supersedes)
    require_free(text)
    if content.revision != text.revision + 1:
        raise RefusedError(Rule.TEXT_REVISION, f"REV{content.revision} after revision {text.revision}")


def enact_text(body: Body, act: Act, content: TextContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act on a text."""
    channel, wording = act.header.channel or "", act.header.detached or ""
    match content:
        case ReferenceAllotted():
            body.references[content.reference] = None
        case TextCirculated():
            body.references[content.reference] = leaf.act
            body.texts[leaf.act] = Text(
                leaf.act, channel, content.reference, 0, content.title, wording, content.paragraphs
            )
            body.texts[leaf.act].lineage = _lineage(body, act)
        case RevisionIssued():
            old = body.texts[content.supersedes]
            old.status = "SUPERSEDED"
            body.texts[leaf.act] = Text(
                leaf.act, channel, old.reference, content.revision, old.title, wording, content.paragraphs
            )
            body.texts[leaf.act].lineage = old.lineage
            return (TextSuperseded(old.text, leaf.act),)
        case _:
            assert_never(content)
    return ()


def _lineage(body: Body, act: Act) -> ActId | None:
    """The first of the acts referred to by which an item was taken up in this channel."""
    items = (body.items.get(reference) for reference in act.header.references)
    return next((item.taken_up_by for item in items if item and item.channel == act.header.channel), None)


def admit_position(body: Body, act: Act, content: PositionDeclared) -> None:
    """Check a position: on an open version, on a paragraph that exists, with the words that its value needs.

    Raises:
        RefusedError: `text.*` or `position.*`.
    """
    text = find_open_version(body, act.header.channel, content.version)
    if content.scope != "text" and int(content.scope.removeprefix("para:")) > text.paragraphs:
        raise RefusedError(Rule.SCOPE, f"{content.scope} of {text.paragraphs}")
    if (content.stance == "CAN_ACCEPT_IF") != bool(content.condition):
        raise RefusedError(Rule.CONDITION, "a condition goes with CAN_ACCEPT_IF and with nothing else")
    if content.stance == "JOINS_WITH_STATEMENT" and not content.statement:
        raise RefusedError(Rule.CONDITION, "JOINS_WITH_STATEMENT carries its statement")
    if content.stance == "OBJECTS" and text.status == "UNDER_SILENCE":
        raise RefusedError(Rule.BREAK_THE_SILENCE, "a text under silence is objected to by breaking the silence")


def enact_position(body: Body, act: Act, content: PositionDeclared) -> tuple[Effect, ...]:
    """Keep the position and tell what it was before."""
    text, member = body.texts[content.version.text], act.header.state
    prior = text.positions.get((member, content.scope), "UNDECLARED")
    text.positions[member, content.scope] = content.stance
    if prior == content.stance:
        return ()
    return (PositionChanged(text.text, member, content.scope, prior, content.stance),)
