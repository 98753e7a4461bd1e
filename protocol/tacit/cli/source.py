"""Where a record is read from: a file of JSON lines, standard input, or what another distribution can open."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

import click

from tacit.cli.lines import LINE_BYTES_MAX, NotALineError, decode_line
from tacit.words import printable

PROVIDERS: Final = "tacit.sources"
"""The entry-point group by which other distributions open what holds no lines: each entry names a `Provider`."""

SETTINGS_SUFFIX: Final = ".toml"
"""Ends the name of a file that says where a record is, and holds none."""


GROWS_NOT: Final = "a file does not grow: leave --follow out, or name the data folder of a running exercise."


class Source(Protocol):
    """A record to read, from its first entry, as often as one likes."""

    @property
    def size(self) -> int:
        """How many entries there are now."""
        ...

    def entries(self) -> Iterator[bytes]:
        """Every entry as the record holds it, in order. Raises UnreadableError."""
        ...

    def follow(self) -> Iterator[bytes]:
        """Every entry, and then each one that is appended, without end. Raises UnreadableError."""
        ...


Provider = Callable[[Path], AbstractContextManager[Source] | None]
"""Opens a folder or a file of settings, or returns None where it is not its kind. Raises UnreadableError."""


class UnreadableError(click.ClickException):
    """Nothing could be done: one sentence, and what to do about it. Exit code 2."""

    exit_code = 2

    def show(self, file: IO[str] | None = None) -> None:
        """Say it on standard error."""
        click.echo(f"tacit: {printable(self.format_message())}", file=file or sys.stderr)


class JsonLines:
    """A file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def size(self) -> int:
        """How many lines there are."""
        with _opened(self._path) as file:
            return sum(1 for line in file if line.strip())

    def entries(self) -> Iterator[bytes]:
        """Every line's entry."""
        with _opened(self._path) as file:
            yield from _read(file, str(self._path))

    def follow(self) -> Iterator[bytes]:
        """A file is a copy, and does not grow."""
        raise UnreadableError(GROWS_NOT)


class StandardInput:
    """JSON lines from standard input, kept: they can be read only once."""

    def __init__(self) -> None:
        self._entries = list(_read(sys.stdin.buffer, "standard input"))

    @property
    def size(self) -> int:
        """How many lines there were."""
        return len(self._entries)

    def entries(self) -> Iterator[bytes]:
        """Every line's entry."""
        return iter(self._entries)

    def follow(self) -> Iterator[bytes]:
        """It has been read to its end."""
        raise UnreadableError(GROWS_NOT)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error


def _read(file: IO[bytes], name: str) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if not line.strip():
            continue
        try:
            yield decode_line(line.rstrip(b"\r\n"))
        except NotALineError as error:
            raise UnreadableError(
                f"line {number} of {name} is no entry ({error}): write the file again with `tacit log --json`."
            ) from error
