"""What a bundle proves, and what it cannot: for a program, and in one screen."""

from datetime import datetime

import msgspec

from tacit.cli.terminal import output, stamp
from tacit.decision_bundle import Opened
from tacit.ids import ActId
from tacit.rules.state import Text
from tacit.words import describe, describe_author, quote

POSITIONS_SHOWN_MAX = 40


class BundleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle proves. Fields are added, never renamed."""

    ok: bool
    source: str
    organisation: ActId
    name: str
    purpose: str
    ruleset: str
    ruleset_sha256: str
    decision: ActId
    index: int
    received_at: datetime
    words: str
    reference: str | None
    wording: str | None
    text: str | None
    """Where it was held, decoded as UTF-8."""
    positions: tuple[tuple[str, str, str], ...]
    """State, scope, stance, as they stood."""
    acts: tuple[str, ...]
    """What was done with the text, in words, in order."""
    checkpoint_size: int
    cosigned_by: tuple[str, ...]
    entries: int
    first: int
    hidden: int
    proved: tuple[str, ...]
    not_proved: tuple[str, ...]


def bundle_report(source: str, opened: Opened) -> BundleReport:
    """The report of a bundle that was opened."""
    leaf, charter, text = opened.decision.leaf, opened.charter, opened.wording
    in_body = [each for each in opened.told if each.act.header.body is not None]
    return BundleReport(
        ok=True,
        source=source,
        organisation=leaf.organisation,
        name=charter.name,
        purpose=charter.purpose,
        ruleset=f"{charter.ruleset.name} {charter.ruleset.version}",
        ruleset_sha256=charter.ruleset.sha256,
        decision=leaf.act,
        index=leaf.index,
        received_at=leaf.received_at,
        words=describe(opened.decision.act, opened.state),
        reference=text.reference if text is not None else None,
        wording=text.wording if text is not None else None,
        text=opened.text.data.decode("utf-8", "replace") if opened.text is not None else None,
        positions=_positions(text),
        acts=tuple(
            f"{each.leaf.index} {stamp(each.leaf.received_at)} {describe_author(each.act.header)}: "
            f"{describe(each.act, opened.state)}"
            for each in in_body
        ),
        checkpoint_size=opened.accepted.checkpoint.size,
        cosigned_by=_cosigned_by(opened),
        entries=len(opened.told) + opened.others,
        first=opened.first,
        hidden=opened.hidden,
        proved=_proved(opened),
        not_proved=_not_proved(opened),
    )


def _cosigned_by(opened: Opened) -> tuple[str, ...]:
    """The witnesses. A line of the log itself bears a time, too, and is no cosignature of anybody else."""
    accepted = opened.accepted
    return tuple(sorted({each.vkey.name for each in accepted.cosigned} - {accepted.checkpoint.origin}))


def _positions(text: Text | None) -> tuple[tuple[str, str, str], ...]:
    return tuple((state, scope, stance) for (state, scope), stance in text.positions.items()) if text else ()


def _proved(opened: Opened) -> tuple[str, ...]:
    text = ("the text is the one whose hash was decided on",) if opened.text is not None else ()
    complete = (
        (f"nothing else was recorded from entry {opened.first} to the decision: every entry in between is shown",)
        if not opened.hidden
        else ()
    )
    size = opened.accepted.checkpoint.size
    signed = "the log and a quorum of its witnesses have" if _cosigned_by(opened) else "the log has"
    return (
        "each of these acts was signed by the key that the register shown had enrolled for its office",
        f"each is in the log at its index, under a checkpoint of {size} entries that {signed} signed",
        "the rules, run over what is shown, admit the decision",
        *text,
        *complete,
    )


def _not_proved(opened: Opened) -> tuple[str, ...]:
    unknown = f"{opened.hidden} entries between the first of these acts and the decision are not shown"
    hidden = (f"that nothing else was said: {unknown}, and one of them may be a break",) if opened.hidden else ()
    text = ("the text itself: only its hash is here",) if opened.text is None else ()
    return (
        *hidden,
        *text,
        "that no key had been revoked, and no roster changed, by an entry that is not shown",
        "what happened after the decision",
        "whose keys the founders' root keys are, and that this is your organisation: compare its id",
    )


def show_bundle(name: str, opened: Opened) -> None:
    """In one screen."""
    report, console = bundle_report(name, opened), output()
    console.print(f"{report.purpose.upper()} {quote(report.name)}, rule-set {report.ruleset}")
    console.print(f"  organisation {report.organisation}")
    console.print(f"  entry {report.index}, {stamp(report.received_at)}Z: {report.words}")
    console.print(f"  cosigned by {', '.join(map(quote, report.cosigned_by)) or 'no witness'}")
    for each in report.acts:
        console.print(f"    {each}")
    for state, scope, stance in report.positions[:POSITIONS_SHOWN_MAX]:
        console.print(f"    {state} {scope} {stance}")
    console.print("Proved:", style="bold")
    for each in report.proved:
        console.print(f"  + {each}")
    console.print("Not proved by this:", style="bold")
    for each in report.not_proved:
        console.print(f"  - {each}")
