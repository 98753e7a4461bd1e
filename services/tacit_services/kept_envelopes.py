"""The envelopes that an archive keeps by body and channel, found again by the bundle of their entries."""

from tacit.errors import RefusedError
from tacit.record.archive import ENVELOPES, decode_kept
from tacit.record.tiles import Tile, parse_path
from tacit_services.archive import Archive


class DamagedEnvelopesError(Exception):
    """A file does not hold whole envelopes."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class KeptEnvelopes:
    """Reads them; the list of files is read once, until it is forgotten."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files: dict[int, list[str]] | None = None

    def forget(self) -> None:
        """Partial files go when fuller ones are there: the list of them may be of before."""
        self._files = None

    async def of_bundle(self, number: int) -> dict[int, bytes]:
        """What is kept beside the entries of a bundle, by index.

        Raises:
            DamagedEnvelopesError: a file is damaged. StoreFailedError: it cannot be read now.
        """
        if self._files is None:
            self._files = await self._all_files()
        found: dict[int, bytes] = {}
        for path in self._files.get(number, ()):
            raw = await self._archive.get(path)
            try:
                found |= {each.index: each.data for each in decode_kept(raw or b"")}
            except RefusedError as error:
                raise DamagedEnvelopesError(path) from error
        return found

    async def _all_files(self) -> dict[int, list[str]]:
        """The files of each bundle, smaller ones first: what a fuller one says comes later."""
        found: dict[int, list[tuple[int, str]]] = {}
        for path in await self._archive.below(ENVELOPES):
            tile = bundle_of(path)
            if tile is not None:
                found.setdefault(tile.index, []).append((tile.width, path))
        return {number: [path for _, path in sorted(paths)] for number, paths in found.items()}


def bundle_of(path: str) -> Tile | None:
    """The bundle to which a file of envelopes belongs; None where it is none."""
    _, _, below = path.removeprefix(f"{ENVELOPES}/").partition("/")
    try:
        return parse_path(f"tile/entries/{below.partition('/')[2]}")
    except RefusedError:
        return None
