"""What one gives to another to lodge: a file, or a submission of evidence, and nothing else."""

from typing import Final

import pytest
from msgspec.structs import replace

from tacit import submission
from tacit.acts import MessagePosted
from tacit.client import EvidenceFile, Kept, Stage, read_evidence_file
from tacit.client.evidence_file import evidence_in, evidence_of
from tacit.detached import Detached
from tacit.errors import RefusedError, Rule
from tacit.submission import Submission
from tacit.testing import START, World
from tests.conformance.generate import watched

WORLD: Final = World()
TEXT: Final = Detached(b"\0" * 32, b"text")  # a world salts with zeros
SAID: Final = WORLD.compose(WORLD.author("XAA"), MessagePosted(subject="x", in_reply_to=None), text=TEXT.data)
LOST: Final = Kept(act=SAID.act_id, submission=Submission(SAID.envelope, TEXT), stage=Stage.LOST, since=START)
FILE: Final = evidence_of(LOST)


def test_a_file_comes_back_as_it_was_with_the_text_and_the_place() -> None:
    assert read_evidence_file(FILE.encode()) == FILE
    assert (WORLD.place, TEXT) == (FILE.place, FILE.detached)
    assert read_evidence_file(replace(FILE, detached=None).encode()).detached is None


def test_another_text_is_not_taken() -> None:
    with pytest.raises(RefusedError, match=Rule.DETACHED_MISMATCH):
        read_evidence_file(replace(FILE, detached=replace(TEXT, data=b"another")).encode())


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", FILE.encode()[:-1], FILE.encode() + b" "], ids=len)
def test_noise_is_one_error(raw: bytes) -> None:
    with pytest.raises(RefusedError):
        evidence_in(raw)


def test_what_witnesses_send_on_is_taken_where_it_is_evidence() -> None:
    world = watched.watched()
    evidence = watched.evidence(world, watched.broken_by(world, "XAA"))
    own = world.compose(world.author("XAA"), evidence)

    assert EvidenceFile(evidence, None) == evidence_in(submission.encode(Submission(own.envelope, None)))
    assert evidence_in(submission.encode(LOST.submission)) is None
    assert FILE == evidence_in(FILE.encode())
