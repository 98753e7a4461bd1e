"""Acts that turn no-objection into a decision."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.acts.text import Version
from tacit.ids import ActId, Instant, Title


class QuestionPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="question.put.v1"):
    """The chair puts the text and looks round the table for `window_s` seconds."""

    version: Version
    window_s: Annotated[int, Meta(ge=0, le=86_400)]


class ConsensusPerceived(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consensus.perceived.v1"
):
    """The chair sees no objection. Admitted only where the rules, from the positions, see none either."""

    question: ActId


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operative clause: the verb carries the force."""

    verb: Literal["recalls", "notes", "welcomes", "endorses", "agrees", "approves", "authorises", "tasks"]
    text: Title


class DecisionAdopted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="decision.adopted.v1"):
    """A decision on exactly one wording, by the perception or the silence that it rests on."""

    version: Version
    mode: Literal["IN_MEETING", "SILENCE"]
    basis: ActId
    effective_at: Instant
    clauses: Annotated[tuple[Clause, ...], Meta(max_length=32)]
