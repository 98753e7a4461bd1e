"""The right edge of a log writes the files that a log has, wherever it was stopped and resumed."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from tacit.record.archive import decode_kept
from tacit_services.archive import ArchiveFile
from tacit_services.notary.edge import Head, RightEdge
from tacit_services.notary.envelopes import Envelopes
from tacit_services.notary.resuming import resume_edge
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


@given(
    folders=st.lists(st.sampled_from(["_/_", "council/east", "council/west"]), max_size=600),
    stops=st.sets(st.integers(0, 600)),
)
def test_envelopes_are_all_kept_and_what_is_superfluous_is_not_needed(folders: list[str], stops: set[int]) -> None:
    envelopes, files = Envelopes(), dict[str, bytes]()

    def write() -> None:
        completed, partial = envelopes.completed(), envelopes.partial()
        for file in (*completed, *(each.file for each in partial)):
            assert files.setdefault(*ArchiveFile(file.path, file.data)) == file.data
        envelopes.written(len(completed), partial)
        for path in envelopes.take_superseded():
            del files[path]

    for at, folder in enumerate(folders):
        if at in stops:
            write()
        envelopes.add(folder, b"%d" % at)
    write()
    kept = {each.index: each.data for raw in files.values() for each in decode_kept(raw)}

    assert {at: b"%d" % at for at in range(len(folders))} == kept
    assert sum(len(decode_kept(raw)) for raw in files.values()) == len(folders)
