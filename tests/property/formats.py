"""Every format that is read from outside: its type, its reader and its writer, for the properties that hold of all."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
from hypothesis.strategies import SearchStrategy

from tacit import acts, detached, envelope, profile, submission
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.record import Leaf
from tacit.record import leaf as leaf_format
from tacit.submission import Receipted, Refused, Submission, Unavailable
from tests.property import strategies


class Format(NamedTuple):
    """One format: values, the bytes of a value, the value of bytes."""

    name: str
    values: SearchStrategy[msgspec.Struct]
    read: Callable[[bytes], msgspec.Struct]


def _envelope(raw: bytes) -> Envelope:
    return envelope.decode(raw, "any")


def _typed(value: Envelope) -> Envelope:
    return msgspec.structs.replace(value, payload_type="any")


FORMATS: Final[list[Format]] = [
    Format("act", strategies.any_act(), acts.decode),
    Format("envelope", strategies.values(Envelope).map(_typed), _envelope),
    Format("leaf", strategies.values(Leaf), leaf_format.decode),
    Format("detached", strategies.values(Detached), detached.decode),
    Format("submission", strategies.values(Submission), submission.decode),
    Format("answer: receipt", strategies.values(Receipted), submission.decode_answer),
    Format("answer: refusal", strategies.values(Refused), submission.decode_answer),
    Format("answer: unavailable", strategies.values(Unavailable), submission.decode_answer),
]

VOCABULARY: Final[list[Format]] = [
    Format(tag, strategies.acts_with(content), acts.decode) for tag, content in strategies.tags().items()
]
"""Each type of act by itself."""

write: Final = profile.encode
