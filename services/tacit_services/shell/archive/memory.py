"""The fake of an archive: a dict that outlives whoever writes in it, with a hook that breaks calls on either side."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from tacit_services.archive import ArchiveConflictError, ArchiveFile
from tacit_services.ports import StoreFailedError
from tacit_services.shell.archive.paths import check_path

Operation = Literal["put", "replace", "get", "below", "names", "remove"]
Break = Literal["before", "after"] | None
"""Fail before anything is done, or after it was."""
Breaks = Callable[[Operation, str], Break]


def never(_operation: Operation, _path: str) -> Break:
    """Break nothing."""
    return None


class MemoryArchive:
    """Keeps files in `files`, which several may share; `breaks` is asked at each call, with the first path of it."""

    def __init__(self, files: dict[str, bytes] | None = None, breaks: Breaks = never) -> None:
        self.files = files if files is not None else {}
        self._breaks = breaks

    async def put(self, files: Sequence[ArchiveFile]) -> None:
        """One after the other: a conflict leaves those before it."""
        for file in files:
            check_path(file.path)
        after = await self._turn("put", files[0].path if files else "")
        for file in files:
            if self.files.setdefault(file.path, file.data) != file.data:
                raise ArchiveConflictError(file.path)
        self._fail(after)

    async def replace(self, file: ArchiveFile) -> None:
        """Overwrite."""
        after = await self._turn("replace", check_path(file.path))
        self.files[file.path] = file.data
        self._fail(after)

    async def get(self, path: str) -> bytes | None:
        """Look it up."""
        self._fail(await self._turn("get", check_path(path)))
        return self.files.get(path)

    async def below(self, folder: str) -> list[str]:
        """Look for the prefix."""
        self._fail(await self._turn("below", check_path(folder)))
        return sorted(path for path in self.files if path.startswith(f"{folder}/"))

    async def names(self, folder: str) -> list[str]:
        """Cut the rest off."""
        self._fail(await self._turn("names", check_path(folder)))
        below = (path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/"))
        return sorted({path.partition("/")[0] for path in below})

    async def remove(self, paths: Sequence[str]) -> None:
        """Forget them."""
        after = await self._turn("remove", paths[0] if paths else "")
        for path in paths:
            self.files.pop(check_path(path), None)
        self._fail(after)

    async def _turn(self, operation: Operation, path: str) -> Break:
        await asyncio.sleep(0)
        broken = self._breaks(operation, path)
        if broken == "before":
            raise StoreFailedError("store_error")
        return broken

    def _fail(self, broken: Break) -> None:
        if broken is not None:
            raise StoreFailedError("store_error")
