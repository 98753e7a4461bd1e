"""An export as CSV (RFC 4180, UTF-8), a row for each entry. Pure.

What members wrote could be read as a formula by a spreadsheet: a cell that begins like one is given an apostrophe.
"""

import csv
import io
from typing import Final
from zoneinfo import ZoneInfo

from tacit_services.export.choosing import Export, Shown

COLUMNS: Final = (
    "index", "received_utc", "received_local", "who", "capacity", "type", "words", "effects", "void", "act",
    "text", "text_sha256", "withheld", "envelope_sha256",
)  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write(export: Export) -> bytes:
    """The octets of the file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    zone = ZoneInfo(export.about.zone)
    writer.writerows([_cell(cell) for cell in _row(shown, zone)] for shown in export.shown)
    return text.getvalue().encode()


def _row(shown: Shown, zone: ZoneInfo) -> tuple[str, ...]:
    leaf, told = shown.leaf, shown.told
    when = (str(leaf.index), leaf.received_at.isoformat(), leaf.received_at.astimezone(zone).isoformat())
    if told is None:
        return (*when, *[""] * 6, leaf.act, "", "", "withheld", leaf.envelope)
    said = (told.who, told.capacity, told.type, told.words, "; ".join(told.effects), "void" if told.void else "")
    return (*when, *said, leaf.act, shown.text or "", shown.text_sha256 or "", "", leaf.envelope)


def _cell(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
