"""Signed notes: a text and lines of signatures (C2SP `signed-note`). Spec: docs/reference/spec/log.md."""

import re
from typing import Final, NamedTuple

from tacit.errors import RefusedError, Rule
from tacit.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from tacit.record.strict_text import read_base64, write_base64
from tacit.record.vkey import is_key_name

KEY_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteLine(NamedTuple):
    """One signature line: whose it claims to be, and what was signed. For types 0x04 and 0x06 the time comes first."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}\n"


class Note(NamedTuple):
    """A text, which ends in a line feed, and at least one signature line. Nothing is verified yet."""

    text: str
    lines: tuple[NoteLine, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return f"{self.text}\n{encode_lines(self.lines)}".encode()

    def with_lines(self, *lines: NoteLine) -> "Note":
        """The same note with further signatures."""
        return Note(self.text, self.lines + lines)


def encode_lines(lines: tuple[NoteLine, ...]) -> str:
    """Signature lines as they stand in a note."""
    return "".join(map(str, lines))


def parse_note(raw: bytes) -> Note:
    """Read a signed note.

    Raises:
        RefusedError: `log.note`, and nothing else.
    """
    text = _decoded(raw)
    body, blank, signatures = text.rpartition("\n\n")
    if not blank:
        raise RefusedError(Rule.LOG_NOTE, "no blank line between text and signatures")
    lines = parse_lines(signatures)
    if not lines:
        raise RefusedError(Rule.LOG_NOTE, "no signature")
    return Note(body + "\n", lines)


def read_lines(raw: bytes) -> tuple[NoteLine, ...]:
    """Signature lines alone, as a witness answers.

    Raises:
        RefusedError: `log.note`, and nothing else.
    """
    return parse_lines(_decoded(raw))


def parse_lines(text: str) -> tuple[NoteLine, ...]:
    """Read signature lines; none where there is no text.

    Raises:
        RefusedError: `log.note`, and nothing else.
    """
    if text and not text.endswith("\n"):
        raise RefusedError(Rule.LOG_NOTE, "the last line does not end")
    lines = text.split("\n")[:-1]
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise RefusedError(Rule.LOG_NOTE, f"{len(lines)} signatures, at most {NOTE_SIGNATURES_MAX}")
    return tuple(_line(line) for line in lines)


def _line(line: str) -> NoteLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_key_name(name):
        raise RefusedError(Rule.LOG_NOTE, f"no signature line: {line[:80]!r}")
    raw = read_base64(encoded, Rule.LOG_NOTE)
    if len(raw) <= KEY_ID_BYTES:
        raise RefusedError(Rule.LOG_NOTE, f"a signature of {len(raw)} bytes")
    return NoteLine(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _decoded(raw: bytes) -> str:
    if len(raw) > NOTE_BYTES_MAX:
        raise RefusedError(Rule.LOG_NOTE, f"{len(raw)} bytes, at most {NOTE_BYTES_MAX}")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(Rule.LOG_NOTE, f"octet {error.start} is not UTF-8") from error
    if _CONTROL.search(text):
        raise RefusedError(Rule.LOG_NOTE, "a control character")
    return text
