"""What a gateway knows of the record beside the state, as it is kept with it and taken up again at a start."""

from typing import Final

import msgspec

from tacit.envelope import Envelope
from tacit.ids import Count
from tacit.record import Entry
from tacit.rules import Effect, Snapshot
from tacit_services.gateway.board import Board, Noted
from tacit_services.gateway.tail import Tail
from tacit_services.kept_fold import Held, Passed
from tacit_services.kept_states import UnusableStateError, read_beside
from tacit_services.standing import readable


class Charter:
    """Keeps the envelope of entry 0, which every welcome carries."""

    def __init__(self) -> None:
        self._envelope: Envelope | None = None

    def watch(self, index: int, entry: Entry | None, _effects: tuple[Effect, ...]) -> None:
        """Take it as it comes by."""
        if index == 0 and entry is not None:
            self._envelope = entry.envelope

    def envelope(self) -> Envelope:
        """It; nobody asks before it was folded."""
        assert self._envelope is not None
        return self._envelope


class Beside(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What lies beside the state: which entries are void, and what the board has noted."""

    void: tuple[Count, ...]
    noted: Noted


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Beside)


def decode_beside(raw: bytes) -> Beside:
    """Read it back. Raises UnusableStateError: another version wrote it."""
    return read_beside(_decoder, raw)


class GatewayFold:
    """The parts of a gateway that have to go on together (`kept_fold.Fold`)."""

    def __init__(self, tail: Tail, charter: Charter, board: Board) -> None:
        self._tail = tail
        self._charter = charter
        self._board = board

    def held(self) -> Held:
        """The state, and what is known besides."""
        beside = Beside(tuple(sorted(self._tail.void)), self._board.noted())
        return Held(self._tail.state, _encode(beside))

    def go_on(self, found: Snapshot, passed: Passed) -> None:
        """As `Fold.go_on`; the charter and the latest entries are read from the record again."""
        beside = decode_beside(found.beside)
        first = readable(passed.first.data) if passed.first is not None else None
        latest = [readable(message.data) for message in passed.last]
        if len(beside.noted.effects) > len(latest):
            raise UnusableStateError("other_version")  # one that shows more
        self._charter.watch(0, first, ())
        self._board.go_on(found.state, beside.noted, latest)
        self._tail.go_on(found.state, beside.void)
