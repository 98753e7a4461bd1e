"""`tacit log`: the acts of a record in their order, in words, or as JSON lines that `verify` reads back."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import click
from rich.console import Console
from rich.text import Text

from tacit.acts import tag
from tacit.cli.lines import Told, encode_line
from tacit.cli.opening import open_source
from tacit.cli.terminal import output, stamp
from tacit.record import Entry
from tacit.rules import Effect, State, apply_bytes, catalogue, genesis
from tacit.rules.effects import EntryVoid
from tacit.words import ID_CHARS, describe, describe_author, describe_effect


@click.command(
    epilog="\b\nExamples:\n  tacit log record.jsonl --after 100 --limit 20\n  tacit log ~/tacit --json > record.jsonl"
)
@click.argument("source")
@click.option("--after", metavar="INDEX", default=-1, help="Begin after this index.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="At most this many entries.")
@click.option("--follow", is_flag=True, help="Go on with what is appended, until Ctrl-C (data folders).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with leaf and envelope byte for byte.")
def log(source: str, after: int, limit: int | None, follow: bool, as_json: bool) -> None:
    """Show the acts of a record, in order."""
    with open_source(source) as opened, suppress(KeyboardInterrupt):
        entries = opened.follow() if follow else opened.entries()
        chosen = islice(retold(entries, after=after), limit)
        if as_json:
            for raw, told in chosen:
                sys.stdout.buffer.write(encode_line(raw, told) + b"\n")
                if follow:
                    sys.stdout.buffer.flush()
        else:
            console = output()
            for number, (_, told) in enumerate(chosen):
                show_entry(console, told, first=number == 0)


def retold(entries: Iterator[bytes], *, after: int) -> Iterator[tuple[bytes, Told]]:
    """Fold entries from the first on; give those after an index, with what a line says of each."""
    state = genesis(catalogue())
    for index, raw in enumerate(entries):
        entry, effects = apply_bytes(state, raw)
        if index > after:
            yield raw, tell(index, entry, effects, state)


def tell(index: int, entry: Entry | None, effects: tuple[Effect, ...], state: State) -> Told:
    """What a line says of an entry that has just been folded."""
    said = tuple(filter(None, (describe_effect(effect, state) for effect in effects)))
    void = any(isinstance(effect, EntryVoid) for effect in effects)
    if entry is None:
        return Told(index=index, words="cannot be read", effects=said, void=void)
    header = entry.act.header
    return Told(
        index=index,
        received_at=entry.leaf.received_at,
        who=describe_author(header),
        state=header.state,
        office=header.office,
        capacity=header.capacity,
        type=tag(entry.act.content),
        body=header.body,
        channel=header.channel,
        words=describe(entry.act, state),
        effects=said,
        void=void,
        id=entry.leaf.act,
    )


def show_entry(console: Console, told: Told, *, first: bool) -> None:
    """One line; before the `first` one a heading."""
    if first:
        heading = _row("INDEX", "RECEIVED (UTC)", "WHO", "CAPACITY", "PLACE", "ACT", "WHAT")
        console.print(Text(heading, style="bold"))
    place = f"{told.body}/{told.channel}" if told.body else "register"
    at = stamp(told.received_at) if told.received_at else ""
    line = Text(_row(str(told.index), at, told.who or "", told.capacity or "", place, (told.id or "")[:ID_CHARS], ""))
    line.append(told.words, style="red" if told.void else "")
    for effect in told.effects:
        line.append(f" [{effect}]", style="red" if told.void else "yellow")
    console.print(line)


def _row(*cells: str) -> str:
    index, *others = cells
    return "  ".join([index.rjust(6), *map(str.ljust, others, (23, 14, 11, 14, 8, 0))])
