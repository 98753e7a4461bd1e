"""Opening what a name on the command line stands for, as a record: lines, an archive, or what others can open."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tacit.audit.passing import message_of
from tacit.cli.archive import Archive, StoppedError, open_archive
from tacit.cli.files import FolderFiles
from tacit.cli.source import (
    GROWS_NOT,
    PROVIDERS,
    SETTINGS_SUFFIX,
    JsonLines,
    Provider,
    Source,
    StandardInput,
    UnreadableError,
)
from tacit.record.archive import CHECKPOINT, WITNESSED

ARCHIVE = "archive"
"""Where a data folder keeps its archive."""
KINDS = "an archive, a file that `tacit log --json` wrote, or, where tacit-services is installed, a data folder"


class ArchiveSource:
    """The record in an archive of which every envelope is at hand."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.size = archive.size

    def entries(self) -> Iterator[bytes]:
        """Every entry, up to the published checkpoint."""
        try:
            for index, item in enumerate(self._archive.items()):
                if item.kept is None:
                    raise UnreadableError(
                        f"the envelope of entry {index} is not in this archive: only `tacit verify`, `tacit prove` and "
                        "`tacit bundle` read one of which a part is withheld."
                    )
                yield message_of(item.entry, item.kept)
        except StoppedError as error:
            raise UnreadableError(f"{error.finding.rule} at entry {error.finding.index}: verify the source.") from error

    def follow(self) -> Iterator[bytes]:
        """An archive is read up to its checkpoint."""
        raise UnreadableError(GROWS_NOT)


@contextmanager
def open_source(name: str) -> Iterator[Source]:
    """Open a source by its name on the command line.

    Raises:
        UnreadableError: there is no such thing, or nobody here can read it.
    """
    path = Path(name)
    if name == "-":
        yield StandardInput()
    elif is_archive(path):
        files = FolderFiles(path)
        yield ArchiveSource(open_archive(files, files))
    elif path.is_dir() or (path.exists() and path.suffix == SETTINGS_SUFFIX):
        with _provided(path) as source:
            yield source
    elif path.exists():
        yield JsonLines(path)
    else:
        raise UnreadableError(f"there is no {name}: name {KINDS}.")


def is_archive(folder: Path) -> bool:
    """Whether a folder is laid out as an archive."""
    return any((folder / name).exists() for name in (CHECKPOINT, WITNESSED)) or (folder / "tile" / "entries").is_dir()


def _provided(path: Path) -> AbstractContextManager[Source]:
    providers = tuple(entry_points(group=PROVIDERS))
    for provider in providers:
        found = _load(provider)(path)
        if found is not None:
            return found
    kind = "a folder" if path.is_dir() else "a file of settings"
    raise UnreadableError(f"{path} is {kind}, and none that can be read here: {_remedy(path, known=bool(providers))}")


def _remedy(path: Path, *, known: bool) -> str:
    """What to name instead."""
    if is_archive(path / ARCHIVE):
        return f"name the archive in it, {path / ARCHIVE}"
    if any(is_archive(above) for above in path.absolute().parents):
        return "it lies within an archive: name the folder of the archive itself."
    if known or not path.is_dir():
        return "name an archive, a folder that `tacit up --data` made, or a file that `tacit log --json` wrote."
    return (
        "name an archive; of a data folder, install tacit-services here, or write a file where it is: "
        "tacit log FOLDER --json > record.jsonl"
    )


def _load(provider: EntryPoint) -> Provider:
    try:
        loaded: Provider = provider.load()
    except Exception as error:  # a stranger's package may raise anything
        raise UnreadableError(f"{provider.value} could not be loaded ({error}): install it again.") from error
    return loaded
