"""Cases of questions, perceptions, decisions and tallies."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit.acts import (
    ConsensusPerceived,
    DecisionAdopted,
    PositionDeclared,
    QuestionPut,
    RevisionIssued,
    TallyRecorded,
)
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64


def vectors() -> Iterator[Named]:
    yield from _questions()
    yield from _decisions()
    yield from _tallies()


def _questions() -> Iterator[Named]:
    chair, stand = "ORG/chair", Stand("negotiating")
    put = QuestionPut(version=stage.version(stand.world), window_s=0)
    yield said(stand, "first", "The chair puts the question.", chair, put)
    yield said(Stand("asked"), "again", "It may be put again before consensus is perceived.", chair, put)
    yield said(Stand("silent"), "under-silence", "Not on a text under silence.", chair, put, Rule.TEXT_UNDER_SILENCE)
    yield said(Stand("perceived"), "perceived", "Consensus has been perceived.", chair, put, Rule.QUESTION_TWICE)
    at = Stand("asked", 60)
    perceive = ConsensusPerceived(question=stage.question(at.world))
    yield said(at, "window-over", "The window is over and nobody objects.", chair, perceive)
    yield said(
        Stand("asked", 59), "window-open", "A second before the window is over.", chair, perceive, Rule.QUESTION_OPEN
    )
    yield said(
        stand, "not-put", "A question that nobody put.", chair, ConsensusPerceived(question=NOTHING), Rule.TEXT_UNKNOWN
    )
    yield said(Stand("perceived"), "twice", "It is perceived once.", chair, perceive, Rule.QUESTION_TWICE)
    yield said(Stand("objected", 60), "objected", "A member objects.", chair, perceive, Rule.NO_CONSENSUS)
    yield said(
        Stand("asked-again"), "put-again", "The question was put again since.", chair, perceive, Rule.QUESTION_NOT_PUT
    )


def _decisions() -> Iterator[Named]:
    chair, met, silent = "ORG/chair", Stand("perceived"), Stand("passed")
    question = stage.text(met.world).question
    assert question is not None
    held = stage.silence(silent.world)
    decide = DecisionAdopted(
        version=stage.version(met.world),
        mode="IN_MEETING",
        basis=question.perceived or "",
        effective_at=met.world.now,
        clauses=(),
    )
    tacit = structs.replace(decide, mode="SILENCE", basis=held.passed_by or "", effective_at=held.deadline.at)
    yield said(met, "in-meeting", "By the chair's perception.", chair, decide)
    yield said(silent, "by-silence", "By a silence that passed.", "ORG/timekeeper", tacit)
    yield said(
        met,
        "other-basis",
        "By a perception that there was not.",
        chair,
        structs.replace(decide, basis=NOTHING),
        Rule.DECISION_BASIS,
    )
    yield said(
        met, "in-meeting-by-timekeeper", "The clock perceives nothing.", "ORG/timekeeper", decide, Rule.NOT_ENTITLED
    )
    yield said(
        silent,
        "other-effect",
        "A silence takes effect at its deadline.",
        "ORG/timekeeper",
        structs.replace(tacit, effective_at=silent.world.now),
        Rule.DECISION_BASIS,
    )
    yield said(Stand("adopted"), "twice", "It is adopted once.", chair, decide, Rule.DECISION_TWICE)


def _tallies() -> Iterator[Named]:
    organ, stand, closed = "ORG/secretariat", Stand("voting"), Stand("counted")
    version = stage.version(stand.world)
    tally = TallyRecorded(version=version, yes=1, no=1, abstain=0)
    yield said(stand, "true", "One for, one against.", organ, tally)
    wrong = structs.replace(tally, no=0)
    yield said(stand, "wrong", "A vote is left out.", organ, wrong, Rule.TALLY_COUNTS)
    yield said(stand, "by-chair", "The chair does not count.", "ORG/chair", tally, Rule.NOT_ENTITLED)
    yield said(Stand("negotiating"), "uncounted", "A body that does not count.", organ, tally, Rule.NOT_ENTITLED)
    other = structs.replace(tally, version=structs.replace(version, wording=NOTHING))
    yield said(stand, "other-wording", "Of another wording.", organ, other, Rule.WORDING)
    yield said(closed, "twice", "It is counted once.", organ, tally, Rule.TEXT_COUNTED)
    late = PositionDeclared(version=version, scope="text", stance="JOINS", condition="", statement="")
    yield said(closed, "after-the-count", "The vote is over.", "XBB", late, Rule.TEXT_COUNTED)
    revision = RevisionIssued(supersedes=version.text, revision=1, paragraphs=2, reason="paragraph 2")
    yield said(
        closed, "after-the-count", "What was voted on stays.", organ, revision, Rule.TEXT_COUNTED, text=stage.WORDING
    )
