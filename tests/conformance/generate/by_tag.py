"""Cases of docs/reference/spec/vocabulary.md, found by the tag of their act."""

from typing import Final

from msgspec import structs

from tacit.acts import (
    Content,
    tag,
)
from tacit.errors import Rule
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

TAGS: Final = (
    "charter.deposited.v1",
    "charter.accepted.v1",
    "office.accredited.v1",
    "credential.enrolled.v1",
    "credential.revoked.v1",
    "registrar.term.v1",
    "channel.opened.v1",
    "message.posted.v1",
    "level.raised.v1",
    "consultation.requested.v1",
    "consultation.joined.v1",
    "consultation.convened.v1",
    "consultation.concluded.v1",
    "reference.allotted.v1",
    "text.circulated.v1",
    "revision.issued.v1",
    "position.declared.v1",
    "silence.set.v1",
    "silence.extended.v1",
    "silence.extension_requested.v1",
    "silence.extension_refused.v1",
    "silence.broken.v1",
    "silence.withdrawn.v1",
    "silence.passed.v1",
    "question.put.v1",
    "consensus.perceived.v1",
    "decision.adopted.v1",
    "tally.recorded.v1",
    "export.recorded.v1",
    "acknowledgement.requested.v1",
    "acknowledgement.given.v1",
    "delivery.recorded.v1",
    "acknowledgement.overdue.v1",
    "body.constituted.v1",
    "roster.admitted.v1",
    "roster.removed.v1",
    "item.referred.v1",
    "item.taken_up.v1",
    "evidence.lodged.v1",
    "silence.voided.v1",
)
"""The clauses of the page, in order: a clause for each act."""


def said(
    stand: Stand,
    slug: str,
    comment: str,
    who: str,
    content: Content,
    rule: Rule | None = None,
    *,
    text: bytes | None = None,
) -> Named:
    """A case of an act, under the clause of its tag; the slug follows the act's name."""
    clause = TAGS.index(tag(content)) + 1
    name = tag(content).removesuffix(".v1").replace(".", "-").replace("_", "-")
    return stand.says(f"vocabulary {clause}", f"{name}-{slug}", comment, who, content, rule or "accepted", text=text)


def retold(clause: int, slug: str, told: Named) -> Named:
    """A case of the founding, under the clause of its act."""
    return Named(f"vocabulary/{clause:02d}-{slug}.json", structs.replace(told.vector, clause=f"vocabulary {clause}"))
