"""The table of attacks as the page docs/explanation/attacks.md shows it, and as a run of the tests prints it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.attacks.case import Attack

HEADINGS: Final[Mapping[str, str]] = {
    "on_files": "With the disk, or the log's keys, over the files of an archive",
    "on_record": "With the stream: the record is rebuilt, or what does not belong into it is recorded",
    "on_rules": "With the keys of services: what the rules do not admit is recorded",
    "on_time": "With the clock, and with two faces",
    "on_evidence": "A break is held back, or made up",
    "on_witnesses": "What witnesses are asked to cosign",
    "on_clients": "What one member is sent of the record",
    "on_refusals": "How an act is refused",
    "on_logs": "What one member is shown of the log",
    "on_proofs": "What an outsider is handed: the proof of an act",
    "on_bundles": "What an outsider is handed: the bundle of a decision",
    "on_services": "What the services notice when they start, and `tacit restore`",
}
"""What the attacks of each file have in common, in the order of the page."""


def table(attacks: Sequence[Attack]) -> Iterator[str]:
    """The lines of the page, heading by heading."""
    for module, heading in HEADINGS.items():
        yield from ("", f"### {heading}", "")
        yield "| what is done | the operator has | noticed by | as | entries | seconds |"
        yield "|---|---|---|---|---|---|"
        yield from (row(each) for each in attacks if each.strike.__module__.endswith(f".{module}"))


def row(each: Attack) -> str:
    """One attack."""
    return f"| {each.words} | {', '.join(each.holds)} | {each.by} | `{each.name}` | {each.entries} | {each.seconds:g} |"


def report(told: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What a run of the tests has measured: the name of each attack, and who noticed it how."""
    if told:
        yield f"{'attack':36} {'noticed by':10} {'as':28} {'entries':>7} {'seconds':>7} {'tool took s':>11}"
    for name, found in sorted(told):
        by, rule, entries, seconds, took_s = found.split()
        yield f"{name:36} {by:10} {rule:28} {entries:>7} {float(seconds):>7g} {float(took_s):>11.3f}"
