"""Files of an archive in a folder: read as long as they are, and no longer than one of an archive can be."""

from pathlib import Path

import pytest

from tacit.cli.files import FILE_BYTES_MAX, FolderFiles
from tacit.cli.source import UnreadableError


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "000").write_bytes(b"octets" * 70_000)

    assert FolderFiles(tmp_path).read("000") == b"octets" * 70_000
    assert FolderFiles(tmp_path).read("001") is None
    assert FolderFiles(tmp_path).read("000/000") is None


def test_a_file_is_read_no_longer_than_one_may_be(tmp_path: Path) -> None:
    with (tmp_path / "000").open("wb") as file:
        file.truncate(2 * FILE_BYTES_MAX)
    found = FolderFiles(tmp_path).read("000")

    assert found is not None
    assert len(found) == FILE_BYTES_MAX + 1, "one octet more shows that it is too long"


def test_what_has_no_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "000").symlink_to("/dev/zero")

    with pytest.raises(UnreadableError, match="device"):
        FolderFiles(tmp_path).read("000")
