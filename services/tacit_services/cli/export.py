"""`tacit export`: what one reader may see of a channel, as a file; the record says that it was made."""

import asyncio
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec

from tacit.cli.as_of import AsOf
from tacit.cli.completion import Name
from tacit.cli.progress import progress_bar
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output
from tacit.ids import ORGANISATION, ChannelId, OfficeName, StateCode
from tacit_services.cli.bars import BarTeller
from tacit_services.cli.folder import connected
from tacit_services.cli.running import TOLD as SERVICES_TOLD
from tacit_services.cli.running import logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.export.choosing import Format
from tacit_services.export.reading import Bound, Wish
from tacit_services.export.run import Exported, run_export
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.up.recording import NoAnswerError

FORMATS: Final[tuple[Format, ...]] = ("html", "csv", "jsonl")
TOLD: Final = (*SERVICES_TOLD, NoAnswerError)
_FAILED: Final = 3
NAME: Final = "export"


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Look it up, or fail with a sentence."""
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone such as Europe/Brussels", param, ctx)


class Office(click.ParamType[tuple[StateCode, OfficeName]]):
    """An office: "XAA/permanent-representative", or one of the organisation's own, such as "chair"."""

    name = "office"

    def convert(
        self, value: str | tuple[StateCode, OfficeName], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[StateCode, OfficeName]:
        """Take it apart, or fail with a sentence."""
        if isinstance(value, tuple):
            return value
        state, slash, office = value.rpartition("/")
        if not office or not all(part.replace("-", "").isalnum() for part in (state or ORGANISATION, office)):
            self.fail(f"{value!r} is no office such as secretariat or XAA/permanent-representative", param, ctx)
        return (state if slash else ORGANISATION), office


@click.command(epilog="\b\nExample:\n  tacit export .tacit/exercise east --reader XAA --format html --output east.html")
@click.argument("source", metavar="FOLDER", type=click.Path(file_okay=False, exists=True))
@click.argument("channel", type=Name("channels"))
@click.option("--from", "first", metavar="INDEX|INSTANT", type=AsOf(), help="Begin with this entry, or at this time.")
@click.option("--to", "last", metavar="INDEX|INSTANT", type=AsOf(), help="End with this entry, or at this time.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="html", help="What is written.")
@click.option(
    "--reader", metavar="STATE", required=True, help="For whom: a member, or ORG, from whom nothing is withheld."
)
@click.option(
    "--as", "office", metavar="OFFICE", type=Office(), default="secretariat", help="Who puts it on the record."
)
@click.option("--zone", type=Zone(), default="UTC", help="The time zone in which times are shown.")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="A file that is not there yet."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object about the export.")
def export(
    source: str,
    channel: ChannelId,
    *,
    first: Bound,
    last: Bound,
    format_: Format,
    reader: StateCode,
    office: tuple[StateCode, OfficeName],
    zone: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Export what a reader may see of a channel, and put on the record that it was exported.

    What the reader may not see is marked, with its leaf. The record of the export is an act of an office whose keys lie
    in FOLDER; if it cannot be recorded, no file is written. Without --output it is named after channel and format.
    """
    file = output or Path(f"{channel}.{format_}")
    wish = Wish(channel, first, last, format_, reader, zone, office, file)
    folder = Path(source)
    if OrganisationFiles(folder).read_charter() is None:
        # Before anything is started, which would make a data folder of whatever was named.
        raise UnreadableError(f"nothing is founded in {folder}: name a folder that `tacit up --data` made.")
    with sentences(TOLD, _FAILED), logging_to(folder), progress_bar() as progress:
        done = asyncio.run(_run(folder, wish, BarTeller(progress)))
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        _show(done)


async def _run(folder: Path, wish: Wish, teller: BarTeller) -> Exported:
    async with connected(folder, NAME) as link:
        return await run_export(folder, link, wish, teller)


def _show(done: Exported) -> None:
    console, about = output(), done.about
    console.print(f"{done.file}: {done.octets} octets, sha256 {done.sha256}")
    console.print(
        f"{about.entries} entries of {about.body}/{about.channel}, {about.withheld} withheld from {about.reader}"
    )
    console.print(f"recorded by {about.recorded_by} as entry {done.index}, act {done.act}")
