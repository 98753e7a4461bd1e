"""Nobody can change one octet of an archive, take a file away, or cut one, without its being found."""

from functools import cache
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.verify.archives import decided, marks_after, messages, places, verified, write


@cache
def sound() -> dict[str, bytes]:
    told = decided()
    return write(told, messages(told), marks_after(told), places(told))


PATHS: Final = st.deferred(lambda: st.sampled_from(sorted(sound())))


def is_found(changed: dict[str, bytes | None]) -> bool:
    files = {path: raw for path, raw in (sound() | changed).items() if raw is not None}
    return bool(verified(files, whole=True).found)


def test_nothing_is_found_where_nothing_was_changed() -> None:
    assert not is_found({})


@given(PATHS, st.integers(0), st.integers(1, 255))
def test_an_octet_that_was_changed_is_found(path: str, at: int, by: int) -> None:
    raw = bytearray(sound()[path])
    raw[at % len(raw)] ^= by

    assert is_found({path: bytes(raw)})


@given(PATHS, st.integers(1))
def test_a_file_that_was_cut_is_found(path: str, count: int) -> None:
    raw = sound()[path]

    assert is_found({path: raw[: -(count % len(raw)) - 1]})


@given(PATHS, PATHS)
def test_files_that_were_exchanged_are_found(one: str, other: str) -> None:
    files = sound()

    assert files[one] == files[other] or is_found({one: files[other], other: files[one]})


def test_a_file_that_was_taken_away_is_found_or_counted() -> None:
    for path in sound():
        if path.startswith(("bodies/", "witnessed/")):
            continue  # a body may be shredded, and of checkpoints the last one covers all
        assert is_found({path: None}), path


def test_a_body_that_was_shredded_is_counted() -> None:
    files = {path: raw for path, raw in sound().items() if not path.startswith("bodies/")}
    done = verified(files, whole=True)

    assert ([], 4) == (done.findings, done.passed.bodies_missing)
