"""The promise of an archive: plain files that never change, and a few names that are given another content.

A local folder keeps it, and so can any store of objects that can put what is absent. This room imports no IO.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tacit_services.ports import StoreRefusedError


class ArchiveFile(NamedTuple):
    """A path of words divided by `/`, none of which begins with a dot but the first, and what lies there."""

    path: str
    data: bytes


class ArchiveConflictError(StoreRefusedError):
    """At `path` something else lies already: two records, or a damaged file. Nothing was overwritten."""

    def __init__(self, path: str) -> None:
        super().__init__(f"something else lies at {path}")
        self.path = path


class ArchiveReader(Protocol):
    """Files by path, to be read."""

    async def get(self, path: str) -> bytes | None:
        """What lies there; None if nothing does. Raises `StoreFailedError`."""
        ...


class Archive(ArchiveReader, Protocol):
    """Files by path. Failing (`StoreFailedError`) is no answer: what was asked may be done, in part or whole."""

    async def put(self, files: Sequence[ArchiveFile]) -> None:
        """Put files that never change. Returning means that all are durable, and so are the folders that name them.

        A file that is there with the same content is left as it is. Raises `ArchiveConflictError` where another lies,
        `StoreFailedError`: then any of them may be there.
        """
        ...

    async def replace(self, file: ArchiveFile) -> None:
        """Give a path another content, whole or not at all. Returning means durable. Raises `StoreFailedError`."""
        ...

    async def below(self, folder: str) -> list[str]:
        """Every path below a folder, sorted; none where there is no such folder. Raises `StoreFailedError`."""
        ...

    async def names(self, folder: str) -> list[str]:
        """The names in a folder, of files and folders, sorted; none where it is none. Raises `StoreFailedError`."""
        ...

    async def remove(self, paths: Sequence[str]) -> None:
        """Let go of what others have made superfluous; what is not there is no error. Raises `StoreFailedError`."""
        ...
