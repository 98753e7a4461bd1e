"""Files in which envelopes may be found that an archive has lost: other copies, lines, outboxes, bundles, envelopes.

Nothing in them is believed: what has the hash that a leaf names is the envelope, whoever kept it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from tacit import envelope
from tacit.cli.files import FILE_BYTES_MAX
from tacit.cli.lines import LINE_BYTES_MAX, NotALineError, decode_line
from tacit.client.store import OutboxError
from tacit.client.store.sqlite import read_outbox
from tacit.decision_bundle.form import decode_bundle_file
from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.limits import BUNDLE_BYTES_MAX
from tacit.record.archive import ENVELOPES, decode_damaged
from tacit_services.shell.errors import OperatorError

OUTBOX: Final = b"SQLite format 3\0"
"""How the file of an outbox begins."""


class SourceUnreadableError(OperatorError):
    """A file that was named cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read ({reason}): name a file or a folder that holds envelopes.")


class RecoveredFiles:
    """`Sources` and `Copies` over files and folders that a person has named."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    async def find(self, wanted: set[Digest]) -> dict[Digest, bytes]:
        """Go through all of them, in a thread. Raises SourceUnreadableError."""
        return await asyncio.to_thread(self._find, wanted)

    async def files(self, path: str) -> list[bytes]:
        """What lies at this path in each folder, in a thread. Raises SourceUnreadableError."""
        return await asyncio.to_thread(self._files, path)

    def _files(self, path: str) -> list[bytes]:
        found = []
        for folder in self._paths:
            try:
                if (folder / path).is_file():
                    with (folder / path).open("rb") as file:
                        found.append(file.read(FILE_BYTES_MAX + 1))
            except OSError as error:
                raise SourceUnreadableError(folder, error.strerror or str(error)) from error
        return found

    def _find(self, wanted: set[Digest]) -> dict[Digest, bytes]:
        found: dict[Digest, bytes] = {}
        for path in self._paths:
            try:
                for each in _offered(path):
                    digest = sha256(each).hexdigest()
                    if digest in wanted:
                        found[digest] = each
            except (OSError, OutboxError) as error:
                raise SourceUnreadableError(path, getattr(error, "strerror", None) or str(error)) from error
        return found


def _offered(path: Path) -> Iterator[bytes]:
    """Whatever may be an envelope, or a whole message of the record."""
    if path.is_dir():
        folder = path / ENVELOPES
        for file in sorted((folder if folder.is_dir() else path).rglob("*")):
            if file.is_file():
                with file.open("rb") as opened:
                    yield from (each.data for each in decode_damaged(opened.read(FILE_BYTES_MAX)))
        return
    with path.open("rb") as opened:
        is_outbox = opened.read(len(OUTBOX)) == OUTBOX
    yield from _of_outbox(path) if is_outbox else _of_file(path)


def _of_outbox(path: Path) -> Iterator[bytes]:
    yield from (envelope.encode(each.submission.envelope) for each in read_outbox(path).waiting)


def _of_file(path: Path) -> Iterator[bytes]:
    """Of a bundle, of lines as `tacit log --json` writes them, or an envelope itself, with or without a line feed."""
    with path.open("rb") as file:
        yield from _of_bundle(file.read(BUNDLE_BYTES_MAX + 1))
        file.seek(0)
        while line := file.readline(LINE_BYTES_MAX + 1):
            yield from (line, line.rstrip(b"\r\n"))
            yield from _of_line(line.rstrip(b"\r\n"))


def _of_bundle(raw: bytes) -> Iterator[bytes]:
    try:
        yield from (each.envelope for each in decode_bundle_file(raw).entries)
    except RefusedError:
        return


def _of_line(line: bytes) -> Iterator[bytes]:
    try:
        message = decode_line(line)
    except NotALineError:
        return
    yield from (message, message.partition(b"\n")[2])
