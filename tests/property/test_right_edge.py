"""The right edge of a log writes the files that a log has, wherever it was stopped and resumed."""

import asyncio

from hypothesis import example, given
from hypothesis import strategies as st

from tacit.record.archive import decode_kept
from tacit_services.archive import ArchiveFile
from tacit_services.notary.envelopes import Envelopes, PartialFile
from tacit_services.notary.resuming import resume_edge
from tacit_services.right_edge import Head, RightEdge
from tacit_services.shell.archive import MemoryArchive
from tests.property.log_files import entry, files_of, leaves_of, root_of

SIZES = st.integers(0, 1_100) | st.sampled_from([255, 256, 257, 511, 512])


def grown(edge: RightEdge, size: int) -> dict[str, bytes]:
    """Append up to this size; the files of the log as they are then."""
    files = {}
    while edge.size < size:
        edge.append(entry(edge.size))
    for tile, raw in (*edge.completed(), *edge.partial()):
        files[tile.path] = raw
    edge.written(len(edge.completed()))
    return files


@given(size=SIZES)
def test_its_files_are_those_of_the_log(size: int) -> None:
    edge = RightEdge()

    assert {tile.path: raw for tile, raw in files_of(size).items()} == grown(edge, size)
    assert Head(size, root_of(leaves_of(size))) == edge.head


@given(first=SIZES, more=st.integers(0, 300))
def test_resumed_from_its_files_it_goes_on_as_if_it_had_not_stopped(first: int, more: int) -> None:
    whole = RightEdge()
    archive = MemoryArchive(grown(whole, first))
    resumed = asyncio.run(resume_edge(archive, first))

    assert whole.head == resumed.head
    assert grown(whole, first + more) == grown(resumed, first + more)
    assert whole.head == resumed.head


FOLDERS = st.lists(st.sampled_from(["_/_", "council/east", "council/west"]), max_size=600)


class Kept:
    """An archive of envelopes alone. What is written is durable only later; `durable`: how many entries are by then."""

    def __init__(self) -> None:
        self.envelopes, self.files, self.size, self.durable = Envelopes(), dict[str, bytes](), 0, 0
        self._written: tuple[int, list[ArchiveFile], list[PartialFile]] | None = None

    def add(self, folder: str) -> None:
        self.envelopes.add(folder, b"%d" % self.size)
        self.size += 1

    def write(self) -> None:
        """Hand everything to the disk."""
        self._written = self.size, self.envelopes.completed(), self.envelopes.partial()

    def settle(self) -> None:
        """The disk has it: others may have come meanwhile."""
        if self._written is not None:
            self.durable, completed, partial = self._written
            for file in (*completed, *(each.file for each in partial)):
                assert self.files.setdefault(file.path, file.data) == file.data
            self.envelopes.written(len(completed), partial)
        self._written = None

    def tidy(self) -> None:
        for path in self.envelopes.take_superseded():
            del self.files[path]

    def held(self) -> dict[int, bytes]:
        return {each.index: each.data for raw in self.files.values() for each in decode_kept(raw)}


@given(folders=FOLDERS, steps=st.dictionaries(st.integers(0, 600), st.sampled_from(["write", "settle", "tidy"])))
@example(folders=["_/_"] * 300, steps={200: "write", 201: "settle", 256: "tidy"})
@example(folders=["_/_"] * 300, steps={200: "write", 257: "settle", 258: "tidy"})
def test_whatever_was_durable_once_is_held_at_any_moment(folders: list[str], steps: dict[int, str]) -> None:
    kept = Kept()
    for at, folder in enumerate(folders):
        if at in steps:
            getattr(kept, steps[at])()
        kept.add(folder)
        held = kept.held()
        assert all(held.get(index) == b"%d" % index for index in range(kept.durable))


@given(folders=FOLDERS, steps=st.sets(st.integers(0, 600)))
def test_envelopes_are_all_kept_and_nothing_superfluous_remains(folders: list[str], steps: set[int]) -> None:
    kept = Kept()
    for at, folder in enumerate(folders):
        if at in steps:
            kept.settle()
            kept.tidy()
            kept.write()
        kept.add(folder)
    for _ in range(2):
        kept.settle()
        kept.write()
    kept.settle()
    kept.tidy()

    assert {at: b"%d" % at for at in range(len(folders))} == kept.held()
    assert sum(len(decode_kept(raw)) for raw in kept.files.values()) == len(folders)
