"""`tacit positions`, `tacit silences`, `tacit audit`: the past of a record, as of any entry or instant."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from tacit.cli.as_of import Instant, as_of_option
from tacit.cli.completion import Name
from tacit.cli.terminal import output, stamp
from tacit.ids import ORGANISATION
from tacit.words import ID_CHARS, quote
from tacit_services.cli.kept import Asked, open_view
from tacit_services.projector.audit import AUDIT
from tacit_services.projector.folding import View
from tacit_services.projector.positions import POSITIONS
from tacit_services.projector.silences import SILENCES
from tacit_services.views import Filter, Held, Question, Value

NOTHING: Final = "nothing found"
_REVISED: Final = re.compile(r"(?P<reference>.+)-REV(?P<revision>[0-9]{1,4})")
_ID: Final = re.compile(r"[0-9a-f]{64}")


@click.command(epilog="\b\nExample:\n  tacit positions record.jsonl 'CC-M(2025)0012' --history --as-of 72")
@click.argument("source")
@click.argument("text", type=Name("references"))
@click.option("--member", metavar="STATE", help="Of this member alone.")
@click.option("--history", is_flag=True, help="Those that held once, too.")
@as_of_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def positions(
    source: str, text: str, member: str | None, history: bool, as_of: int | datetime | None, as_json: bool
) -> None:
    """Who took which position on a text, before and after, on which wording, when.

    TEXT is a reference, of all revisions or with -REVn of one, or the id of the act that issued a version.
    """
    filters = (*_of_text(text), *_is("state", member))
    question = Question(POSITIONS.table.name, filters, as_of=as_of, history=history)
    _answer(source, POSITIONS, question, _positions, as_json=as_json)


@click.command(epilog="\b\nExample:\n  tacit silences record.jsonl --history --as-of 2025-09-23T08:00:00Z")
@click.argument("source")
@click.argument("text", required=False, type=Name("references"))
@click.option("--history", is_flag=True, help="Every deadline there was, with what changed it.")
@as_of_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def silences(source: str, text: str | None, history: bool, as_of: int | datetime | None, as_json: bool) -> None:
    """The calendar of silence procedures, of one TEXT or of all."""
    filters = _of_text(text) if text else ()
    question = Question(SILENCES.table.name, filters, as_of=as_of, history=history)
    _answer(source, SILENCES, question, _silences, as_json=as_json)


@click.command(epilog="\b\nExample:\n  tacit audit record.jsonl --member XEE --since 2025-09-23T07:00:00Z")
@click.argument("source")
@click.option("--subject", metavar="SUBJECT", help="A reference, the act that asked for a consultation, or XAA/office.")
@click.option("--member", metavar="STATE", help="By this member.")
@click.option("--type", "type_", metavar="TAG", help="Of this type, such as silence.broken.v1.")
@click.option("--since", metavar="INSTANT", type=Instant(), help="Received at this instant or later.")
@click.option("--until", metavar="INSTANT", type=Instant(), help="Received at this instant or earlier.")
@as_of_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def audit(
    source: str,
    *,
    subject: str | None,
    member: str | None,
    type_: str | None,
    since: datetime | None,
    until: datetime | None,
    as_of: int | datetime | None,
    as_json: bool,
) -> None:
    """Every entry by subject, member and time; void ones with the rule that they break."""
    filters = (*_is("subject", subject), *_is("state", member), *_is("type", type_))
    question = Question(AUDIT.table.name, filters, as_of=as_of, since=since, until=until)
    _answer(source, AUDIT, question, _audit, as_json=as_json)


def _is(column: str, value: Value) -> tuple[Filter, ...]:
    return () if value is None else (Filter(column, "is", value),)


def _of_text(text: str) -> tuple[Filter, ...]:
    if _ID.fullmatch(text):
        return _is("text", text)
    revised = _REVISED.fullmatch(text)
    if revised is None:
        return _is("reference", text)
    return (*_is("reference", revised["reference"]), *_is("revision", int(revised["revision"])))


def _answer(source: str, view: View, question: Question, show: Callable[[Asked], None], *, as_json: bool) -> None:
    with open_view(source, view) as file:
        asked = Asked(file, question)
        if as_json:
            asked.echo_json()
        else:
            show(asked)


def _positions(asked: Asked) -> None:
    table = _table(
        "index", "received (UTC)", "text", "member", "capacity", "scope", "position", "before", "until", "wording"
    )
    for held in asked.rows():
        said = held.values
        prior = "" if said["prior"] == "UNDECLARED" else str(said["prior"])
        until = "" if held.until_index is None else str(held.until_index)
        table.add_row(
            *_when(held), _reference(held), str(said["state"]), str(said["capacity"]), str(said["scope"]),
            _stance(held), prior, until, _short(said["wording"]),
        )  # fmt: skip
    _print(asked, table)


def _stance(held: Held) -> str:
    words = held.values["condition"] or held.values["statement"]
    return f"{held.values['stance']}: {quote(str(words))}" if words else str(held.values["stance"])


def _silences(asked: Asked) -> None:
    table = _table("index", "received (UTC)", "text", "status", "deadline (UTC)", "shown", "broken by", "late", "by")
    for held in asked.rows():
        said = held.values
        status = f"{said['status']}, jeopardised" if said["jeopardised"] else str(said["status"])
        who = said["cause_office"] if said["cause_state"] == ORGANISATION else said["cause_state"]
        cause = f"{str(said['cause']).removesuffix('.v1')} {who}"
        table.add_row(
            *_when(held), _reference(held), status, _stamp(said["deadline"]), quote(str(said["shown"])),
            _names(said["broken_by"]), _names(said["late"]), cause,
        )  # fmt: skip
    _print(asked, table)


def _audit(asked: Asked) -> None:
    console = output()
    console.print(f"view up to entry {asked.stand.size - 1}")
    found = False
    for held in asked.rows():
        found = True
        said = held.values
        who = f"{said['state'] or ''}/{said['office'] or ''}"
        place = f"{said['body']}/{said['channel']}" if said["body"] else "register"
        index, at = _when(held)
        line = Text("  ".join((index.rjust(6), at, who.ljust(32), place.ljust(14), _short(said["act"]))))
        line.append(f"  {said['words']}")
        line.append(f" [{said['void']}]" if said["void"] else "", style="red")
        line.append("".join(f" [{effect}]" for effect in _words(said["effects"])), style="yellow")
        console.print(line)
    if not found:
        console.print(NOTHING)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(asked: Asked, table: Table) -> None:
    console = output()
    console.print(f"view up to entry {asked.stand.size - 1}")
    console.print(table if table.row_count else NOTHING)


def _when(held: Held) -> tuple[str, str]:
    return str(held.from_index), stamp(held.from_at)


def _reference(held: Held) -> str:
    reference, revision = held.values["reference"], held.values["revision"]
    return f"{reference}-REV{revision}" if revision else str(reference)


def _short(value: Value) -> str:
    return str(value or "")[:ID_CHARS]


def _stamp(value: Value) -> str:
    return stamp(value) if isinstance(value, datetime) else ""


def _names(value: Value) -> str:
    return ", ".join(_words(value))


def _words(value: Value) -> Iterator[str]:
    yield from value if isinstance(value, tuple) else ()
