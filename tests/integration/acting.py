"""How a bad act is made: a good one, changed in one place, and signed again unless the signature is the fault."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from tacit.acts import (
    Content,
    CredentialEnrolled,
    DecisionAdopted,
    PositionDeclared,
    SilenceSet,
    Stance,
    Version,
)
from tacit.compose import Author, Composed, Link, Window, sign
from tacit.detached import Detached
from tacit.envelope import Envelope, Signature
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.keys import Key
from tacit.submission import Submission
from tests.integration.town import BODY, HELLO, PLACE, Story

OFFICE: Final = "permanent-representative"
NOBODY: Final = "0" * 64


class BadAct(NamedTuple):
    """A submission, and the rule for which it is refused."""

    name: str
    make: Callable[[Story], Submission]
    rule: Rule


def said(make: Callable[[Story], Composed], body: Detached | None = None) -> Callable[[Story], Submission]:
    """An act without a body, or with this one."""
    return lambda story: Submission(make(story).envelope, body)


def hello(change: Callable[[Story, Composed], Envelope]) -> Callable[[Story], Submission]:
    """A good act whose envelope is changed after it was signed."""
    return lambda story: Submission(change(story, story.hello()), BODY)


def resigned(change: Callable[[bytes], bytes]) -> Callable[[Story], Submission]:
    """A good act whose payload is changed and then signed as it is."""
    return hello(lambda story, good: story.author().signer.sign_act(change(good.envelope.payload)))


def replaced(old: bytes, new: bytes) -> Callable[[Story], Submission]:
    """A good act with some bytes of its payload replaced before it is signed."""
    return resigned(lambda payload: payload.replace(old, new, 1))


def header(**changes: object) -> Callable[[Story], Submission]:
    """A good act with other words in its header, signed by its author."""

    def make(story: Story) -> Submission:
        good = story.hello()
        act = msgspec.structs.replace(good.act, header=msgspec.structs.replace(good.act.header, **changes))
        return Submission(sign(act, story.author().signer).envelope, BODY)

    return make


def signed(change: Callable[[Story, tuple[Signature, ...]], tuple[Signature, ...]]) -> Callable[[Story], Submission]:
    """A good act with other signatures."""
    return hello(
        lambda story, good: msgspec.structs.replace(good.envelope, signatures=change(story, good.envelope.signatures))
    )


def member(content: Callable[[Story], Content], state: str = "XAA") -> Callable[[Story], Submission]:
    """A content that a member says."""
    return said(lambda story: story.act(story.author(state), content(story)))


def organ(office: str, content: Callable[[Story], Content]) -> Callable[[Story], Submission]:
    """A content that one of the organisation's own offices says in the channel."""
    return said(lambda story: story.act(story.organ(office), content(story)))


def register(author: Callable[[Story], Author], content: Callable[[Story], Content]) -> Callable[[Story], Submission]:
    """A content that is said on the register."""
    return said(lambda story: story.act(author(story), content(story), place=None))


def window(claimed_s: float, not_after_s: float) -> Callable[[Story], Submission]:
    """A good act with other times."""

    def make(story: Story) -> Submission:
        now = story.world.now
        other = Window(now + timedelta(seconds=claimed_s), now + timedelta(seconds=not_after_s))
        act = story.act(story.author(), HELLO, window=other, detached=BODY.digest())
        return Submission(act.envelope, BODY)

    return make


def link(change: Callable[[Link], Link]) -> Callable[[Story], Submission]:
    """A good act that stands elsewhere in its author's chain."""

    def make(story: Story) -> Submission:
        right = story.world.link(story.author(), PLACE)
        act = story.act(story.author(), HELLO, link=change(right), detached=BODY.digest())
        return Submission(act.envelope, BODY)

    return make


def position(
    text: Callable[[Story], Version], stance: Stance = "JOINS", scope: str = "text", condition: str = ""
) -> Callable[[Story], Submission]:
    """A position of a member."""
    return member(
        lambda story: PositionDeclared(
            version=text(story), scope=scope, stance=stance, condition=condition, statement=""
        )
    )


def enrolled(change: Callable[[Story, CredentialEnrolled], CredentialEnrolled]) -> Callable[[Story], Submission]:
    """New keys for an office of XBB, by its root key."""

    def content(story: Story) -> Content:
        now = story.author("XBB").signer.credential
        fresh = enrolment(story.world.organisation, "XBB", OFFICE, story.signer("fresh"), now)
        return change(story, fresh)

    return register(lambda story: story.author("XBB", "root"), content)


def small_order(_: Story, good: CredentialEnrolled) -> CredentialEnrolled:
    """The neutral point as an Ed25519 key: it verifies what nobody signed."""
    second = good.keys[1]
    return msgspec.structs.replace(good, keys=(Key("sign", "ed25519", b"\1" + bytes(31)), second))


def silence(story: Story, seconds: float, shown: str, text: Version | None = None, zone: str = "UTC") -> SilenceSet:
    """A silence on the current text."""
    return SilenceSet(version=text or story.current, deadline=story.deadline(seconds, shown, zone))


def with_deadline(old: bytes, new: bytes) -> Callable[[Story], Submission]:
    """A silence whose deadline is written otherwise, signed by the chair."""

    def make(story: Story) -> Submission:
        good = story.act(story.organ("chair"), silence(story, 300, "10:00 UTC"))
        assert old in good.envelope.payload
        return Submission(story.organ("chair").signer.sign_act(good.envelope.payload.replace(old, new, 1)), None)

    return make


def decision(story: Story) -> DecisionAdopted:
    """A decision that rests on nothing."""
    return DecisionAdopted(
        version=story.current, mode="IN_MEETING", basis=NOBODY, effective_at=story.world.now, clauses=()
    )


def other_payload(story: Story, good: Composed) -> Envelope:
    """The signatures of one act under another."""
    other = story.act(story.author(), msgspec.structs.replace(HELLO, subject="other"), detached=BODY.digest())
    return msgspec.structs.replace(good.envelope, payload=other.envelope.payload)


def used_number(right: Link) -> Link:
    """The number before the next one."""
    return Link(right.number - 1, right.previous)


def reordered(payload: bytes) -> bytes:
    """Content before header."""
    whole = msgspec.json.decode(payload)
    return msgspec.json.encode({"content": whole["content"], "header": whole["header"]})


def deep(payload: bytes) -> bytes:
    """An act with a hundred levels in its label."""
    return payload.replace(b'"label":null', b'"label":' + b"[" * 100 + b"]" * 100, 1)


def charter(story: Story) -> Content:
    """The organisation's charter, once more."""
    assert story.world.state.charter is not None
    return story.world.state.charter
