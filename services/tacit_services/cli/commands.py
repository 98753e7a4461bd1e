"""The operator's commands, for the entry-point group `tacit.commands`: offers, which import nothing.

`tacit_services.cli.COMMANDS` are the commands themselves.
"""

from typing import Final

from tacit.cli.offers import Offer

_HERE: Final = "tacit_services.cli"

OFFERS: Final[tuple[Offer, ...]] = (
    Offer("up", f"{_HERE}.up:up", "Run an exercise."),
    Offer("service", f"{_HERE}.service:service", "Run one service until it is told to stop."),
    Offer("config", f"{_HERE}.config:config", "The settings as they are put together."),
    Offer(
        "found",
        f"{_HERE}.found:found",
        "Found an organisation: a key at each place, a charter, an acceptance by each founder.",
    ),
    Offer("archive", f"{_HERE}.archiving:archive", "Write the record of a data folder into its archive."),
    Offer("page", f"{_HERE}.page:page", "Show the record of a data folder on the read-only page."),
    Offer("positions", f"{_HERE}.views:positions", "Who took which position on a text, before and after."),
    Offer("silences", f"{_HERE}.views:silences", "The calendar of silence procedures, of one TEXT or of all."),
    Offer("audit", f"{_HERE}.views:audit", "Every entry by subject, member and time."),
    Offer("rebuild", f"{_HERE}.rebuild:rebuild", "Fold the views of a data folder again from its record."),
    Offer("restore", f"{_HERE}.restore:restore", "Restore a record from the notary's ARCHIVE."),
    Offer("replay", f"{_HERE}.replay:replay", "Play a span of a record again."),
    Offer("export", f"{_HERE}.export:export", "Export what a reader may see of a channel."),
    Offer("scenario", f"{_HERE}.scenario:scenario", "Scripts of consultations, with what must hold after every row."),
    Offer("import", f"{_HERE}.importing:importing", "Bring records that others kept into organisations of their own."),
    Offer("bench", f"{_HERE}.bench:bench", "Measure registrar, bus, log, audit, views and import."),
)
