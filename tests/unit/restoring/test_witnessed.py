"""The newest checkpoints of an archive are found by their names, without looking at the many before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.limits import LOG_SIZE_MAX
from tacit.record.archive import WITNESSED, witnessed_path
from tacit_services.archived_witnessed import newest_witnessed
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Operation

SIZES = st.one_of(st.integers(0, 2_000), st.integers(0, 2_000_000), st.integers(0, LOG_SIZE_MAX))


@given(sizes=st.sets(SIZES, max_size=20))
async def test_every_size_is_found_the_largest_first(sizes: set[int]) -> None:
    archive = MemoryArchive({witnessed_path(size, 7, lines): b"" for size in sizes for lines in (2, 3)})

    found = [each async for each in newest_witnessed(archive)]

    assert sorted(sizes, reverse=True) == [size for size, _ in found]
    assert [witnessed_path(size, 7, 2) for size, _ in found] == [f"{folder}/7.2" for _, folder in found]


async def test_what_is_no_size_is_passed_over() -> None:
    strange = [
        "latest",
        "12",
        "x1/234",
        "x001/x002",
        "x9999/001",
        "001.p/7",
        "x000/001",
        "x" * 400,
        *["/".join(["x001"] * 40)],
    ]
    archive = MemoryArchive({f"{WITNESSED}/{each}/7.2": b"" for each in strange} | {witnessed_path(5, 7, 2): b""})

    assert [(5, f"{WITNESSED}/005")] == [each async for each in newest_witnessed(archive)]


@pytest.mark.parametrize(("sizes", "most"), [(900, 3), (100_000, 102), (1_100_000, 2_000)])
async def test_for_the_newest_few_folders_are_listed(sizes: int, most: int) -> None:
    looked_at: list[str] = []

    def looking(operation: Operation, path: str) -> Break:
        assert "names" == operation, "nothing is read, and no folder with all that is below it"
        looked_at.append(path)
        return None

    # A memory of so many files is slow to list: one in each folder of a thousand stands for those.
    thousands = {witnessed_path(size, 7, 2): b"" for size in range(0, sizes, 997)} | {witnessed_path(sizes, 7, 2): b""}
    first = await anext(newest_witnessed(MemoryArchive(thousands, looking)))

    assert sizes == first[0]
    assert len(looked_at) <= most
