"""`tacit who-knew`: of one act, who could read it and who shows to have known of it, each with its basis."""

import re
from datetime import datetime
from itertools import islice
from typing import Final

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from tacit.cli.as_of import as_of_option, count_as_of
from tacit.cli.opening import open_source
from tacit.cli.progress import progress_bar
from tacit.cli.source import Source, UnreadableError
from tacit.cli.terminal import output, stamp
from tacit.ids import StateCode
from tacit.knowing import PREFIX_CHARS_MIN, Knowing, Known, Subject
from tacit.words import ID_CHARS

_ACT: Final = re.compile(rf"[0-9a-f]{{{PREFIX_CHARS_MIN},64}}")
_INDEX: Final = re.compile(rf"[0-9]{{1,{PREFIX_CHARS_MIN - 1}}}")
PROGRESS_ENTRIES: Final = 1_000


class Answer(msgspec.Struct, frozen=True):
    """The act, how many entries were looked at, and what they show."""

    subject: Subject
    entries: int
    known: tuple[Known, ...]
    nothing_shown_by: tuple[StateCode, ...]


@click.command("who-knew", epilog="\b\nExample:\n  tacit who-knew record.jsonl 33358beb --as-of 2025-09-23T08:00:00Z")
@click.argument("source")
@click.argument("act")
@as_of_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def who_knew(source: str, act: str, as_of: int | datetime | None, as_json: bool) -> None:
    """Show who could read an act, and who shows to have known of it.

    ACT is an id, its first eight digits or more, or an index. Each line has its basis: entitled to read it, authored
    it, acknowledged it, had it delivered, referred to it in a later act, or saw a checkpoint that covers it.
    """
    if not (_INDEX.fullmatch(act) or _ACT.fullmatch(act)):
        raise UnreadableError(
            f"{act} is neither an index nor at least {PREFIX_CHARS_MIN} digits of an id: see tacit log."
        )
    with open_source(source) as opened:
        knowing = _look(opened, int(act) if _INDEX.fullmatch(act) else act, count_as_of(opened, as_of))
    answer = _answer(knowing, act)
    if as_json:
        click.echo(msgspec.json.encode(answer))
    else:
        _show(answer)


def _look(opened: Source, wanted: str | int, count: int | None) -> Knowing:
    knowing = Knowing(wanted)
    size = opened.size if count is None else min(count, opened.size)
    with progress_bar() as progress:
        task = progress.add_task("looking", total=size)
        for number, raw in enumerate(islice(opened.entries(), size), 1):
            knowing.take(raw)
            if number % PROGRESS_ENTRIES == 0:
                progress.update(task, completed=number)
    return knowing


def _answer(knowing: Knowing, act: str) -> Answer:
    subject = knowing.subject
    if subject is None:
        raise UnreadableError(f"{act} is no act of this record as it stood then: see tacit log.")
    if knowing.others:
        raise UnreadableError(f"{act} begins the ids of {1 + len(knowing.others)} acts: give more of its digits.")
    known = knowing.known
    shown = {each.state for each in known if each.basis != "entitled"}
    silent = sorted({each.state for each in known} - shown)
    return Answer(subject, knowing.state.size, known, tuple(silent))


def _show(answer: Answer) -> None:
    console, subject = output(), answer.subject
    place = f"{subject.body}/{subject.channel}" if subject.body else "the register"
    console.print(f"entry {subject.index} of {place}, {stamp(subject.received_at)}Z: {subject.who} {subject.words}")
    console.print(f"act {subject.act}, looked at up to entry {answer.entries - 1}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("who", "basis", "index", "received (UTC)", "act", "what shows it"):
        table.add_column(column, overflow="fold")
    for each in answer.known:
        if each.basis == "entitled":
            continue
        who = f"{each.state}/{each.office}" if each.office else each.state
        basis = each.basis.replace("_", " ")
        table.add_row(who, basis, str(each.index), stamp(each.at), (each.act or "")[:ID_CHARS], each.words)
    console.print(table)
    for span, states in _entitled(answer.known).items():
        console.print(f"entitled {span}: {', '.join(states)}")
    silent = answer.nothing_shown_by
    console.print(f"entitled, and nothing shows that they knew: {', '.join(silent) or 'nobody'}")


def _entitled(known: tuple[Known, ...]) -> dict[str, list[StateCode]]:
    """Who could read it, by since and until when."""
    found: dict[str, list[StateCode]] = {}
    for each in known:
        if each.basis == "entitled":
            ended = "" if each.until is None else f" until entry {each.until}"
            found.setdefault(f"since entry {each.index}{ended}", []).append(each.state)
    return found
