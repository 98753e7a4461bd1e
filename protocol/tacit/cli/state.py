"""`tacit state`: what the rules make of a record, now or as it stood at an earlier entry."""

from datetime import UTC, datetime
from itertools import islice

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tacit.cli.as_of import as_of_option, count_as_of
from tacit.cli.completion import Name
from tacit.cli.opening import open_source
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output, stamp
from tacit.cli.view import AcknowledgementView, BodyView, ChannelView, SilenceView, TextView, View, gather, view
from tacit.ids import ActId, Scope, StateCode
from tacit.rules import apply_bytes, catalogue, genesis
from tacit.words import quote

HOUR_S = 3600


@click.command(epilog="\b\nExamples:\n  tacit state record.jsonl\n  tacit state record.jsonl east --as-of 120 --json")
@click.argument("source")
@click.argument("channel", required=False, type=Name("channels"))
@as_of_option("--at")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def state(source: str, channel: str | None, as_of: int | datetime | None, as_json: bool) -> None:
    """Show the register, rosters, channels and their levels, consultations, silences, receipts, texts."""
    with open_source(source) as opened:
        seen = _look(islice(opened.entries(), count_as_of(opened, as_of)), channel)
    if isinstance(as_of, int) and seen.entries <= as_of:
        raise UnreadableError(f"the record ends at entry {seen.entries - 1}: name an earlier one.")
    if channel is not None and not seen.channels:
        then = f" as of {as_of}" if as_of is not None else ""
        raise UnreadableError(f"there is no channel {channel}{then}: leave it out to see which there are.")
    if as_json:
        click.echo(msgspec.json.encode(seen))
    else:
        _show(seen)


def _look(entries: "islice[bytes]", channel: str | None) -> View:
    folded = genesis(catalogue())
    priors: dict[tuple[ActId, StateCode, Scope], str] = {}
    for raw in entries:
        gather(priors, apply_bytes(folded, raw)[1])
    return view(folded, priors, datetime.now(UTC), channel)


def _show(seen: View) -> None:
    console = output()
    purpose = (seen.purpose or "no charter").upper()
    force = "in force" if seen.in_force else "not in force"
    at = f", last at {stamp(seen.last_received_at)}Z" if seen.last_received_at else ""
    console.print(f"{purpose} {quote(seen.name or '')} ({force})")
    console.print(f"{seen.entries} entries, {seen.void} of them void, term {seen.term}{at}")
    console.print(_register(seen))
    for table in (
        _bodies(seen.bodies),
        _channels(seen.channels),
        _consultations(seen),
        _silences(seen.silences),
        _acknowledgements(seen.acknowledgements),
        _decisions(seen),
    ):
        if table.row_count:
            console.print(table)
    for text in seen.texts:
        console.print(_text(text))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _register(seen: View) -> str:
    speaking = sum(office.credential is not None for office in seen.register)
    states = len({office.state for office in seen.register})
    return f"register: {len(seen.register)} offices of {states} states (ORG among them), {speaking} with a credential"


def _bodies(bodies: tuple[BodyView, ...]) -> Table:
    table = _table("Bodies", "body", "title", "members", "", "removed")
    for each in bodies:
        members = ", ".join(each.members)
        table.add_row(each.body, quote(each.title), str(len(each.members)), members, ", ".join(each.removed))
    return table


def _channels(channels: tuple[ChannelView, ...]) -> Table:
    table = _table("Channels", "place", "title", "kind", "level")
    for each in channels:
        table.add_row(f"{each.body}/{each.channel}", quote(each.title), each.kind, each.level)
    return table


def _consultations(seen: View) -> Table:
    table = _table("Consultations", "status", "under", "subject", "asked for by", "outcome")
    for each in seen.consultations:
        asked = ", ".join(each.invoking)
        table.add_row(each.status, quote(each.basis), quote(each.subject), asked, each.outcome or "")
    return table


def _silences(silences: tuple[SilenceView, ...]) -> Table:
    table = _table(
        "Silences", "text", "status", "deadline", "shown", "left", "broken by", "late", "asking for time", "evidence of"
    )
    for each in silences:
        status = "RUNNING, jeopardised" if each.jeopardised else each.status
        deadline, shown = f"{stamp(each.deadline.at)}Z", quote(each.deadline.shown)
        names = [", ".join(members) for members in (each.broken_by, each.late, each.asking, each.evidence)]
        table.add_row(each.reference, status, deadline, shown, countdown(each.left_s), *names)
    return table


def _acknowledgements(asked: tuple[AcknowledgementView, ...]) -> Table:
    table = _table("Receipts", "of act", "kind", "status", "deadline", "shown", "left", "owed by", "late")
    for each in asked:
        deadline, shown = f"{stamp(each.deadline.at)}Z", quote(each.deadline.shown)
        # Who was late stays missing: it is said who was when the time had come. It owes nothing any more.
        owing = [state for state in each.missing if state not in each.late]
        names = [", ".join(members) for members in (owing, each.late)]
        table.add_row(each.act[:8], each.kind, each.status, deadline, shown, countdown(each.left_s), *names)
    return table


def countdown(left_s: float | None) -> str:
    """The time that is left, in hours, minutes and seconds."""
    if left_s is None:
        return ""
    if left_s < 0:
        return "expired"
    hours, rest = divmod(int(left_s), HOUR_S)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _decisions(seen: View) -> Table:
    table = _table("Decisions", "text", "adopted", "act")
    for each in seen.decisions:
        table.add_row(each.reference, "by silence" if each.mode == "SILENCE" else "in meeting", each.id)
    return table


def _text(text: TextView) -> Table:
    title = f"{text.reference} {quote(text.title)}: {text.status}, {_judged(text)}"
    table = _table(title, "member", "scope", "position", "before")
    for each in text.positions:
        table.add_row(each.state, each.scope, each.stance, "" if each.prior == "UNDECLARED" else each.prior)
    if text.undeclared or not text.tally:
        table.add_row(f"{len(text.undeclared)} others", "", "UNDECLARED", "")
    return table


def _judged(text: TextView) -> str:
    """Where a body counts, how many; elsewhere whether there is consensus, and who stands in its way."""
    if text.tally is not None:
        return f"{text.tally.yes} yes, {text.tally.no} no, {text.tally.abstain} abstaining"
    blocked = f", blocked by {', '.join(text.blockers)}" if text.blockers else ""
    return f"consensus {text.consensus}{blocked}"
