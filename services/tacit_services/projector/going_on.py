"""From where the fold of the views goes on: a state that no view is behind, and what views remember of its past.

The views lie in a file of their own and are written first. So a state that was kept with them is of what they hold or
of less, and what they hold more is folded again and not written again. A view that is behind it all the same, because
its file was lost or is an older one, because it had stopped or is new, is built from the record apart from the others.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from tacit.ids import Count
from tacit.rules import Snapshot
from tacit_services.kept_fold import Held, Passed
from tacit_services.kept_states import UnusableStateError, read_beside
from tacit_services.projector.folding import Memory, Projection, Track


class Remembered(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What this version of a view had in mind after so many entries."""

    version: int
    heard: Count
    memory: bytes


Beside = dict[str, Remembered]
"""What lies beside the state: by the names of views that remember."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Beside)


def decode_beside(raw: bytes) -> Beside:
    """Read it back. Raises UnusableStateError: another version wrote it."""
    return read_beside(_decoder, raw)


class ProjectionFold:
    """A projection as `kept_fold.Fold`. Tracks that cannot go on from a state are handed to `build`."""

    def __init__(self, projection: Projection, build: Callable[[list[Track]], None]) -> None:
        self._projection = projection
        self._build = build

    def held(self) -> Held | None:
        """The state, and what is remembered; None while a view lacks something of what is folded."""
        state = self._projection.state
        following = [track for track in self._projection.tracks if track.poison is None]
        if not following or any(track.written < state.size for track in following):
            return None
        return Held(state, _encode({track.name: _remembered(track) for track in following if track.memory is not None}))

    def go_on(self, found: Snapshot, _passed: Passed) -> None:
        """As `Fold.go_on`: with the views that hold as many entries."""
        tracks, beside = self._projection.tracks, decode_beside(found.beside)
        able = {track.name for track in tracks if _can_go_on(track, found.size, beside.get(track.name))}
        if not able:
            raise UnusableStateError("longer_than_the_views")
        for track, memory in [_recalled(track, beside) for track in tracks if track.name in able]:
            if memory is not None:
                track.recall(memory, beside[track.name].heard)
        self._projection.state = found.state
        self._projection.tracks = [track for track in tracks if track.name in able]
        if behind := [track for track in tracks if track.name not in able]:
            self._build(behind)


def _remembered(track: Track) -> Remembered:
    assert track.memory is not None
    return Remembered(track.view.table.version, track.heard, track.memory.remembered())


def _can_go_on(track: Track, size: int, found: Remembered | None) -> bool:
    """Whether a view holds so many entries and, where it has to remember, knew what fits to these and to its own."""
    if track.memory is None:
        return track.size >= size
    if found is None or found.version != track.view.table.version:
        return False
    return size <= found.heard <= track.size


def _recalled(track: Track, beside: Beside) -> tuple[Track, Memory | None]:
    """A memory of its own with what was remembered, if the view has to."""
    if track.view.remembering is None:
        return track, None
    memory = track.view.remembering()
    memory.recall(beside[track.name].memory)
    return track, memory
