"""Where the witnessed checkpoints of an archive lie, the one of most entries first.

Awaits the archive's port only. Nothing of what lies there is judged here.
"""

import re
from collections.abc import AsyncIterator
from typing import Final

from tacit.errors import RefusedError
from tacit.record.archive import WITNESSED
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.record.tiles import parse_path
from tacit_services.archive import Archive

_DIGITS: Final = re.compile(r"\d{3}\Z", re.ASCII)
_ABOVE: Final = re.compile(r"x\d{3}\Z", re.ASCII)
_GROUPS_MAX: Final = 6
"""Of three digits: no size has more."""


async def newest_witnessed(archive: Archive) -> AsyncIterator[tuple[int, str]]:
    """Sizes under which checkpoints lie, the largest first, and the folder of each. Raises StoreFailedError.

    Only names are read: one folder for every thousand sizes before the first, and no more for the others. A record may
    have a hundred thousand of them. What is no size is passed over.
    """
    levels = [[WITNESSED]]
    while levels[-1] and len(levels) < _GROUPS_MAX:
        levels.append([each for folder in levels[-1] for each in await _within(archive, folder, _ABOVE)])
    for folders in reversed(levels):
        for folder in folders:
            for each in await _within(archive, folder, _DIGITS):
                size = _size_of(each)
                if size is not None:
                    yield size, each


async def _within(archive: Archive, folder: str, named: re.Pattern[str]) -> list[str]:
    """Folders within one whose names are like this, the largest first."""
    return [f"{folder}/{name}" for name in reversed(await archive.names(folder)) if named.match(name)]


def _size_of(folder: str) -> int | None:
    try:
        return parse_path(f"tile/entries/{folder.removeprefix(f'{WITNESSED}/')}").index
    except RefusedError:
        return None


def published_size(published: bytes | None) -> int:
    """How many entries the published checkpoint has; none where there is none, or it is damaged."""
    try:
        return parse_checkpoint(parse_note(published or b"").text).size
    except RefusedError:
        return 0
