"""Acts on negotiated texts. A version is named by the act that issued it; its wording is that act's detached body."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tacit.ids import ActId, Digest, Ordinal, Reason, Reference, Title

Paragraphs = Annotated[int, Meta(ge=1, le=9999)]


class ReferenceAllotted(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="reference.allotted.v1"
):
    """The secretariat allots a register number. Numbers are never used again."""

    reference: Reference
    subject: Title


class TextCirculated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="text.circulated.v1"):
    """The first version of a text, under an allotted number."""

    reference: Reference
    title: Title
    paragraphs: Paragraphs


class RevisionIssued(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="revision.issued.v1"):
    """REVn of a text. The version before is superseded, and positions do not carry over."""

    supersedes: ActId
    revision: Ordinal
    paragraphs: Paragraphs
    reason: Reason


class Version(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Exactly one wording: the act that issued it and the hash of its body. Positions and decisions bind to it."""

    text: ActId
    wording: Digest
