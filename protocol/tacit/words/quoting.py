"""How ids, states and free text are shown on one line."""

from typing import Final

from tacit.ids import ActId, StateCode
from tacit.rules.state import Body
from tacit.rules.wording import show_reference

QUOTED_CHARS_MAX: Final = 80
NAMED_MAX: Final = 6
"""More states than so many are counted and not named."""
ID_CHARS: Final = 8
"""How much of an id is shown where it is there to be recognised, not to be relied on."""


def quote(text: str) -> str:
    """Free text on one line: no control or direction characters, and not for ever."""
    shown = printable(text)
    return shown if len(shown) <= QUOTED_CHARS_MAX else f"{shown[: QUOTED_CHARS_MAX - 1]}\N{HORIZONTAL ELLIPSIS}"


def printable(text: str) -> str:
    """Text in which somebody else may have written, without what moves a cursor or turns a line round."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def known_reference(body: Body, act: ActId) -> str | None:
    """The reference that belongs to a version, or to a silence or a question on it."""
    silence = body.silences.get(act)
    text = body.texts.get(silence.text if silence else body.questions.get(act, act))
    return show_reference(text) if text else None


def named(states: tuple[StateCode, ...]) -> str:
    """States by their codes, or how many where they are many."""
    return ", ".join(states) if len(states) <= NAMED_MAX else f"{len(states)} members"
