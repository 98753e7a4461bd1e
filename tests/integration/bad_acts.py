"""Rows of bad input that the registrar refuses: each is a submission that breaks one rule."""

from typing import Final

import msgspec

from tacit.acts import (
    CredentialRevoked,
    ExtensionRequested,
    OfficeAccredited,
)
from tacit.compose import Link
from tacit.detached import Detached
from tacit.envelope import LEAF_TYPE, Signature, pae
from tacit.errors import Rule
from tacit.ids import ORGANISATION
from tacit.limits import PAYLOAD_BYTES_MAX
from tests.integration.acting import (
    NOBODY,
    OFFICE,
    BadAct,
    deep,
    enrolled,
    header,
    hello,
    link,
    other_payload,
    register,
    reordered,
    replaced,
    resigned,
    said,
    signed,
    small_order,
    used_number,
    window,
)
from tests.integration.town import BODY, HELLO, SALT

ABOUT_BYTES: Final = [
    BadAct("a payload that is no JSON", resigned(lambda _: b"I object"), Rule.NOT_JSON),
    BadAct("a payload with fields in another order", resigned(reordered), Rule.NOT_CANONICAL),
    BadAct("a payload with white space", replaced(b'"header":', b'"header": '), Rule.NOT_CANONICAL),
    BadAct("a payload with a field twice", replaced(b'"v":1', b'"v":1,"v":1'), Rule.DUPLICATE_KEY),
    BadAct("a payload with a surplus field", replaced(b'"v":1', b'"v":1,"secret":true'), Rule.UNKNOWN_FIELD),
    BadAct("a payload with a missing field", replaced(b'"seen":null,', b""), Rule.MISSING_FIELD),
    BadAct("a payload with NaN", replaced(b'"v":1', b'"v":NaN'), Rule.NOT_JSON),
    BadAct("a payload of another version", replaced(b'"v":1', b'"v":2'), Rule.WRONG_VALUE),
    BadAct("a payload that is no UTF-8", replaced(b'"subject":"hello"', b'"subject":"\xff"'), Rule.NOT_UTF8),
    BadAct("a payload that is too deep", resigned(deep), Rule.TOO_DEEP),
    BadAct(
        "a payload that is too large", resigned(lambda payload: payload.ljust(PAYLOAD_BYTES_MAX + 1)), Rule.TOO_LARGE
    ),
    BadAct("a state in small letters", replaced(b'"XAA"', b'"xaa"'), Rule.WRONG_VALUE),
    BadAct(
        "an act that refuses a consultation",
        replaced(b'"message.posted.v1"', b'"consultation.refused.v1"'),
        Rule.UNKNOWN_ACT,
    ),
    BadAct("an act of another version", replaced(b'"message.posted.v1"', b'"message.posted.v9"'), Rule.UNKNOWN_ACT),
    BadAct(
        "an envelope for something else",
        hello(lambda _, good: msgspec.structs.replace(good.envelope, payload_type=LEAF_TYPE)),
        Rule.PAYLOAD_TYPE,
    ),
]

ABOUT_SIGNATURES: Final = [
    BadAct(
        "a signature by another member",
        hello(lambda story, good: story.author("XBB").signer.sign_act(good.envelope.payload)),
        Rule.SIGNATURE_KEY,
    ),
    BadAct(
        "another's signature under the author's key ids",
        signed(
            lambda story, mine: tuple(
                Signature(right.keyid, wrong.sig)
                for right, wrong in zip(mine, story.hello(story.author("XBB")).envelope.signatures, strict=True)
            )
        ),
        Rule.SIGNATURE_INVALID,
    ),
    BadAct("signatures of another act", hello(other_payload), Rule.SIGNATURE_INVALID),
    BadAct("the first half of a hybrid signature", signed(lambda _, mine: mine[:1]), Rule.SIGNATURE_COUNT),
    BadAct("the second half of a hybrid signature", signed(lambda _, mine: mine[1:]), Rule.SIGNATURE_COUNT),
    BadAct("the same half twice", signed(lambda _, mine: (mine[0], mine[0])), Rule.SIGNATURE_KEY),
    BadAct("a surplus signature", signed(lambda _, mine: (*mine, mine[0])), Rule.SIGNATURE_COUNT),
    BadAct("swapped signatures", signed(lambda _, mine: mine[::-1]), Rule.SIGNATURE_KEY),
    BadAct(
        "one bit of the second half turned",
        signed(lambda _, mine: (mine[0], Signature(mine[1].keyid, bytes([mine[1].sig[0] ^ 1]) + mine[1].sig[1:]))),
        Rule.SIGNATURE_INVALID,
    ),
    BadAct(
        "a signature over the payload alone",
        hello(
            lambda story, good: msgspec.structs.replace(
                good.envelope, signatures=story.author().signer.sign(good.envelope.payload)
            )
        ),
        Rule.SIGNATURE_INVALID,
    ),
    BadAct(
        "a signature for another type",
        hello(
            lambda story, good: msgspec.structs.replace(
                good.envelope, signatures=story.author().signer.sign(pae(LEAF_TYPE, good.envelope.payload))
            )
        ),
        Rule.SIGNATURE_INVALID,
    ),
    BadAct("a credential that nobody enrolled", header(credential=NOBODY), Rule.CREDENTIAL_UNKNOWN),
    BadAct(
        "a credential that was revoked",
        said(lambda story: story.hello(story.author("XDD")), BODY),
        Rule.CREDENTIAL_REVOKED,
    ),
    BadAct("keys of small order", enrolled(small_order), Rule.KEY_UNSAFE),
    BadAct(
        "keys of another suite",
        enrolled(lambda _, good: msgspec.structs.replace(good, keys=good.keys[:1], possession=good.possession[:1])),
        Rule.KEY_SUITE,
    ),
    BadAct(
        "keys that nobody shows to hold",
        enrolled(
            lambda story, good: msgspec.structs.replace(
                good, possession=story.author("XBB", "root").signer.prove(story.world.organisation, "XBB", OFFICE)
            )
        ),
        Rule.KEY_POSSESSION,
    ),
    BadAct(
        "keys that are another's already",
        enrolled(
            lambda story, good: msgspec.structs.replace(
                good,
                keys=story.author("XCC").signer.keys,
                possession=story.author("XCC").signer.prove(story.world.organisation, "XBB", OFFICE),
            )
        ),
        Rule.KEY_TAKEN,
    ),
    BadAct(
        "a second credential for an office that has one",
        enrolled(lambda _, good: msgspec.structs.replace(good, replaces=None)),
        Rule.CREDENTIAL_OCCUPIED,
    ),
    BadAct(
        "a credential for another member's office",
        enrolled(lambda _, good: msgspec.structs.replace(good, state="XCC")),
        Rule.CREDENTIAL_OTHER_STATE,
    ),
    BadAct(
        "the end of another member's credential",
        register(
            lambda story: story.author("XBB", "root"),
            lambda story: CredentialRevoked(
                credential=story.author("XCC").signer.credential, reason="", compromised_since=None
            ),
        ),
        Rule.CREDENTIAL_OTHER_STATE,
    ),
]

ABOUT_THE_HEADER: Final = [
    BadAct("another organisation", header(organisation=NOBODY), Rule.OTHER_ORGANISATION),
    BadAct("a gap in the numbers", link(lambda right: Link(right.number + 1, right.previous)), Rule.NUMBER_GAP),
    BadAct("a number signed twice", link(used_number), Rule.EQUIVOCATION),
    BadAct("another act before it", link(lambda right: Link(right.number, NOBODY)), Rule.PREVIOUS),
    BadAct("an act that has expired", window(-900, -300), Rule.EXPIRED),
    BadAct("an act that may be played for two days", window(0, 172_800), Rule.VALIDITY),
    BadAct("an act that expires before it is claimed", window(600, 300), Rule.VALIDITY),
    BadAct("an act claimed far ahead", window(3_600, 4_000), Rule.CLAIMED_AHEAD),
    BadAct("an act for another member", header(state="XBB"), Rule.CREDENTIAL_OTHER_OFFICE),
    BadAct("an act for another office", header(office="chair"), Rule.CREDENTIAL_OTHER_OFFICE),
    BadAct("an act for the organisation", header(state=ORGANISATION), Rule.CREDENTIAL_OTHER_OFFICE),
    BadAct(
        "on behalf of another, without a mandate", header(capacity="on_behalf_of", on_behalf_of=("XBB",)), Rule.MANDATE
    ),
    BadAct("a member in the capacity of the chair", header(capacity="chair"), Rule.CAPACITY),
    BadAct(
        "oneself as releaser",
        said(
            lambda story: story.act(story.author(), HELLO, detached=BODY.digest(), releaser=story.author().signer), BODY
        ),
        Rule.RELEASER,
    ),
    BadAct("a body that is not there", header(body="cabinet"), Rule.BODY_UNKNOWN),
    BadAct("a channel that is not there", header(channel="west"), Rule.CHANNEL_UNKNOWN),
    BadAct("no place", header(body=None, channel=None), Rule.PLACE),
    BadAct(
        "a place for an act on the register",
        said(
            lambda story: story.act(
                story.organ("secretariat"),
                OfficeAccredited(state="XAA", office="deputy", title="Deputy", commits=False),
            )
        ),
        Rule.PLACE,
    ),
    BadAct("a message without its text", said(lambda story: story.hello()), Rule.DETACHED_MISSING),
    BadAct(
        "a message with another text",
        said(lambda story: story.hello(), Detached(SALT, b"another")),
        Rule.DETACHED_MISMATCH,
    ),
    BadAct(
        "a message with another salt",
        said(lambda story: story.hello(), Detached(b"t" * 32, BODY.data)),
        Rule.DETACHED_MISMATCH,
    ),
    BadAct(
        "a text with an act that has none",
        said(lambda story: story.act(story.author(), ExtensionRequested(silence=story.running, reason="")), BODY),
        Rule.DETACHED_SURPLUS,
    ),
]


BAD_ACTS: Final = [*ABOUT_BYTES, *ABOUT_SIGNATURES, *ABOUT_THE_HEADER]
