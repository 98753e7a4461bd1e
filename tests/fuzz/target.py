"""What holds of every reader of bytes from outside: one error, or a value that is written to the same bytes again."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from tacit.errors import RefusedError
from tacit.session import SessionError

T = TypeVar("T")

FORM: Final = ("profile.", "act.unknown_type")
"""Rules of the form of a JSON value, by how their names begin."""


class Target(NamedTuple):
    """A reader: its name, what is tried on bytes, and which errors it may raise.

    `rules`: how the names of those rules begin by which it may refuse.
    """

    name: str
    attempt: Callable[[bytes], None]
    rules: tuple[str, ...]
    errors: tuple[type[Exception], ...] = (RefusedError, SessionError)

    def accepts(self, raw: bytes) -> bool:
        """Whether bytes are read; another error than may be goes through, and so does a value that comes out bent."""
        try:
            self.attempt(raw)
        except self.errors as error:
            rule = getattr(error, "rule", getattr(error, "reason", ""))
            if self.rules and not str(rule).startswith(self.rules):
                raise
            return False
        return True


class BentError(AssertionError):
    """What was read and written again is not what it was."""


def strict(read: Callable[[bytes], T], write: Callable[[T], bytes]) -> Callable[[bytes], None]:
    """There is one encoding: what is read is written to the same bytes."""

    def attempt(raw: bytes) -> None:
        again = write(read(raw))
        if again != raw:
            raise BentError(f"{raw!r} came out as {again!r}")

    return attempt


def refused_or_not(attempt: Callable[[], object], *rules: str) -> None:
    """Something more is tried on a value: it may be refused by these rules, or by any where none are named."""
    try:
        attempt()
    except RefusedError as error:
        if rules and not error.rule.startswith(rules):
            raise


def lenient(read: Callable[[bytes], T], write: Callable[[T], bytes]) -> Callable[[bytes], None]:
    """People may write it in several ways: what is read and written is read as the same value."""

    def attempt(raw: bytes) -> None:
        value = read(raw)
        again = read(write(value))
        if again != value:
            raise BentError(f"{value!r} came out as {again!r}")

    return attempt
