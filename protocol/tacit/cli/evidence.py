"""What `verify`, `prove` and `bundle` read: entries with as much of log, envelopes and bodies as a source has."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

from tacit.audit import Finding, Item
from tacit.cli.archive import Held, checkpoints_in, open_archive, published_in
from tacit.cli.equivocations import convictions
from tacit.cli.files import Files, FolderFiles
from tacit.cli.opening import ARCHIVE, is_archive, open_source
from tacit.cli.patience import PATIENCE_S, Patience
from tacit.cli.source import Source, UnreadableError
from tacit.ids import Digest
from tacit.record.archive import BODIES, CHECKPOINT, body_path, log_entry
from tacit.record.tiles import Tile
from tacit.record.vkey import Vkey

ADDRESSES = ("http://", "https://")
NO_LOG = (
    "it is not the address of a log, or that log has published nothing yet. The log has an address of its own, beside "
    "that of the page: `tacit up` prints it, and services apart have it in notary.host and notary.port."
)


class Evidence(Protocol):
    """A record with its log, to be read from entry 0 as often as one likes."""

    size: int
    has_log: bool
    """Whether tiles of hashes can be read."""
    has_bodies: bool
    findings: list[Finding]
    """What was found wrong with files while reading; grows."""

    def items(self, first: int = 0) -> Iterator[Item]:
        """Every entry from `first` on, in order. Raises StoppedError, UnreadableError."""
        ...

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries as the log holds them, envelopes unread. Raises StoppedError, UnreadableError."""
        ...

    def tile(self, tile: Tile, /) -> bytes | None:
        """A tile of hashes, where there are any."""
        ...

    def body(self, folder: str, digest: Digest) -> bytes | None:
        """A detached body, where there are any."""
        ...

    def checkpoints(self) -> Iterator[Held]:
        """Every checkpoint by size."""
        ...

    def convictions(self, keys: Iterable[Vkey]) -> Iterator[Finding]:
        """What is at hand as evidence that the log with these keys has signed two histories."""
        ...


class RecordEvidence:
    """A record from a file of JSON lines or a stream, and what an archive beside it has of checkpoints and bodies."""

    def __init__(self, source: Source, archive: Files | None) -> None:
        self._source, self._archive = source, archive
        self._published = published_in(archive) if archive is not None else None
        self.size = source.size
        self.has_log = False
        self.has_bodies = archive is not None and bool(archive.names(BODIES))
        self.findings: list[Finding] = []

    def items(self, first: int = 0) -> Iterator[Item]:
        """Every message of the record."""
        for raw in islice(self._source.entries(), first, None):
            yield Item(None, raw)

    def entries(self, size: int) -> Iterator[bytes]:
        """What the log holds of the first messages."""
        return map(log_entry, islice(self._source.entries(), size))

    def tile(self, _tile: Tile, /) -> bytes | None:
        """There are none."""
        return None

    def body(self, folder: str, digest: Digest) -> bytes | None:
        """From the archive."""
        return self._archive.read(body_path(folder, digest)) if self._archive is not None else None

    def checkpoints(self) -> Iterator[Held]:
        """From the archive."""
        if self._archive is None or self._published is None:
            return iter(())
        return checkpoints_in(self._archive, self._published)

    def convictions(self, keys: Iterable[Vkey]) -> Iterator[Finding]:
        """From the archive."""
        return convictions(self._archive, keys) if self._archive is not None else iter(())


@contextmanager
def open_evidence(name: str, envelopes: Path | None = None, patience_s: float = PATIENCE_S) -> Iterator[Evidence]:
    """Open a source by its name on the command line; `envelopes` holds them where the source does not serve them.

    An address may fall behind what it owes by `patience_s` in all (`Patience`).

    Raises:
        UnreadableError: there is no such thing, or nobody here can read it.
    """
    with ExitStack() as stack:
        folder = Path(name)
        beside = FolderFiles(envelopes) if envelopes is not None else None
        if name.startswith(ADDRESSES):
            from tacit.cli.http_files import open_address  # noqa: PLC0415 - it loads the certificates of the world

            log = stack.enter_context(open_address(name, Patience(patience_s)))
            if log.read(CHECKPOINT) is None:
                raise UnreadableError(f"{name} serves no /{CHECKPOINT}: {NO_LOG}")
            yield open_archive(log, beside or log)
        elif is_archive(folder):
            files = FolderFiles(folder)
            yield open_archive(files, beside or files)
        else:
            source = stack.enter_context(open_source(name))
            kept = FolderFiles(folder / ARCHIVE) if is_archive(folder / ARCHIVE) else None
            yield RecordEvidence(source, kept)


__all__ = ["Evidence", "RecordEvidence", "UnreadableError", "open_evidence"]
