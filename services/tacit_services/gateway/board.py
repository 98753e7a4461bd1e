"""The board: a read model beside the fold. It notes what the state does not keep, and shows what there is, in sections.

Pure but for its notes: it is told of each entry and asked for what to show, and knows no connection and no clock.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from tacit.ids import ActId, Scope, StateCode
from tacit.record import Entry
from tacit.rules import Effect, State
from tacit.rules.effects import EntryVoid, PositionChanged, TextSuperseded
from tacit.words import describe, describe_effect
from tacit_services.gateway import board_view
from tacit_services.gateway.board_view import ActView, Moved, Moves
from tacit_services.kept_fold import LAST_PASSED

ACTS_SHOWN_MAX: Final = 40
assert ACTS_SHOWN_MAX <= LAST_PASSED, "a start has these at hand"

Sections = dict[str, msgspec.Raw]
"""Each section of the page, encoded."""


class Move(msgspec.Struct, frozen=True, array_like=True):
    """A member's last move on a scope of a text."""

    text: ActId
    state: StateCode
    scope: Scope
    moved: Moved


class Noted(msgspec.Struct, frozen=True, array_like=True):
    """What a board has noted. `effects`: of each of the latest entries, the last of them last."""

    moves: tuple[Move, ...]
    effects: tuple[tuple[Effect, ...], ...]


class Board:
    """What the page shows now."""

    def __init__(self, state: State) -> None:
        """`state` is the fold that is folded elsewhere; the board only reads it."""
        self._state = state
        self._moves: Moves = {}
        self._latest: deque[tuple[int, Entry | None, tuple[Effect, ...]]] = deque(maxlen=ACTS_SHOWN_MAX)
        self._shown: tuple[int, Sections] = (-1, {})

    @property
    def size(self) -> int:
        """How many entries are in what is shown."""
        return self._state.size

    def watch(self, index: int, entry: Entry | None, effects: tuple[Effect, ...]) -> None:
        """Note an entry that was just folded."""
        self._latest.append((index, entry, effects))
        for effect in effects:
            if isinstance(effect, PositionChanged) and entry is not None:
                key = (effect.text, effect.state, effect.scope)
                self._moves[key] = Moved(effect.prior, index, entry.leaf.received_at)
            elif isinstance(effect, TextSuperseded):
                # Positions die with their version, so what is noted stays as small as what is open.
                self._moves = {key: moved for key, moved in self._moves.items() if key[0] != effect.text}

    def noted(self) -> Noted:
        """What is noted, to be kept; of the latest entries only what the record does not say."""
        moves = tuple(Move(*key, moved) for key, moved in self._moves.items())
        return Noted(moves, tuple(effects for _, _, effects in self._latest))

    def go_on(self, state: State, noted: Noted, latest: Sequence[Entry | None]) -> None:
        """Stand where another board stood, with its notes; `latest` are the entries before, the last of them last."""
        self._state = state
        self._moves = {(move.text, move.state, move.scope): move.moved for move in noted.moves}
        count = len(noted.effects)
        indices = range(state.size - count, state.size)
        self._latest.extend(zip(indices, latest[len(latest) - count :], noted.effects, strict=True))

    def sections(self) -> Sections:
        """Every section as of now; made once for each size of the record, however many ask."""
        if self._shown[0] != self._state.size:
            self._shown = (self._state.size, self._build())
        return self._shown[1]

    def _build(self) -> Sections:
        state = self._state
        parts = {
            "head": board_view.head(state),
            "channels": board_view.channels(state),
            "acknowledgements": board_view.acknowledgements(state),
            "consultations": board_view.consultations(state),
            "silences": board_view.silences(state),
            "texts": board_view.texts(state, self._moves),
            "acts": tuple(self._act(*noted) for noted in reversed(self._latest)),
        }
        return {name: msgspec.Raw(msgspec.json.encode(part)) for name, part in parts.items()}

    def _act(self, index: int, entry: Entry | None, effects: tuple[Effect, ...]) -> ActView:
        told = tuple(filter(None, (describe_effect(effect, self._state) for effect in effects)))
        if entry is None:
            return ActView(index, None, "", "", "an entry that cannot be read", told)
        header = entry.act.header
        void = any(isinstance(effect, EntryVoid) for effect in effects)
        words = "an entry that the rules do not admit" if void else describe(entry.act, self._state)
        return ActView(index, entry.leaf.received_at, header.state, header.office, words, told)
