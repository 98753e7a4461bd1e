"""What a verification came to: for a program, and in one screen for a person."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from rich.console import Console
from rich.text import Text

from tacit.audit import Finding, Rejudged, Verdict
from tacit.cli.terminal import output, stamp
from tacit.cli.verifying import Verification
from tacit.ids import ActId, CredentialId
from tacit.words import ID_CHARS, quote

FINDINGS_SHOWN_MAX: Final = 20
REFUSALS: Final = {
    Verdict.JUSTIFIED: "justified",
    Verdict.WRONGFUL: "WRONGFUL",
    Verdict.OTHER_RULE: "WRONG in what it says",
    Verdict.MISPLACED: "WRONG in when it says that it was judged",
    Verdict.UNSIGNED: "NOT SIGNED by the registrar of that time, so it is no refusal",
    Verdict.UNDECIDED: "not decidable with what is at hand",
}
"""A verdict, for a person."""
UNDECIDED: Final = 2
HINTS: Final = {
    "checkpoint.origin": "is --policy of this organisation? `tacit policy SOURCE` writes that of a record",
    "checkpoint.beyond": "copy the source again, whole; if it stays so, the end was cut off where it was made",
    "archive.missing": "copy the source again, whole; if it stays so, it is gone there: `tacit restore` may mend it",
    "archive.damaged": "copy the source again; if it stays so, somebody has changed it, or a disk has",
}
"""What to try first where a finding may come of a slip."""
LOUD: Final = frozenset({"checkpoint.equivocation"})


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, what that proves, and what it does not. Fields are added, never renamed."""

    ok: bool
    source: str
    organisation: ActId | None
    name: str | None
    purpose: str | None
    root: CredentialId | None
    entries: int
    withheld: int
    """Of them by leaf alone."""
    void: int
    signatures: int
    """Verified now; `skipped` were by the earlier result."""
    skipped: int
    known: int
    """Entries that the earlier result had folded: they were hashed now."""
    terms: int
    first_received_at: datetime | None
    last_received_at: datetime | None
    tree_root: str
    """The root over all entries, in hexadecimal."""
    policy: str | None
    """`charter`, a file's name, or None: nobody's."""
    checkpoints: int
    covered: int
    """Entries under the largest checkpoint that holds."""
    cosignatures: int
    seen: int
    """Heads that authors had seen."""
    bodies: int
    bodies_missing: int
    bracketed: int
    tolerance_s: float
    late: int
    late_first: int | None
    late_s_max: float
    gaps: int
    gap_first: int | None
    gap_s_max: float
    found: int
    findings: tuple[Finding, ...]
    """The first of them, by index."""
    refusal: Rejudged | None
    """What the refusal comes to that was to be judged again."""
    proved: tuple[str, ...]
    not_proved: tuple[str, ...]
    seconds: float
    entries_per_second: float
    signatures_per_second: float

    @property
    def exit_code(self) -> int:
        """0: nothing is wrong; 1: something is; 2: whether a refusal was right cannot be said."""
        if not self.ok:
            return 1
        return UNDECIDED if self.refusal is not None and self.refusal.verdict is Verdict.UNDECIDED else 0


def report_of(source: str, done: Verification, policy: str | None, tolerance_s: float, seconds: float) -> Report:
    """The report of a verification that has run."""
    state, passed = done.acts.state, done.passed
    watch, times = passed.watch, passed.watch.times
    signatures = done.acts.signatures - done.skipped
    ok = not done.found
    return Report(
        ok=ok,
        source=source,
        organisation=state.organisation,
        name=state.charter.name if state.charter else None,
        purpose=state.charter.purpose if state.charter else None,
        root=next(iter(state.credentials), None),
        entries=state.size,
        withheld=done.acts.withheld,
        void=state.void,
        signatures=signatures,
        skipped=done.skipped,
        known=done.known,
        terms=done.acts.terms,
        first_received_at=done.acts.first_received_at,
        last_received_at=state.last_received_at,
        tree_root=passed.tree.root(passed.size).hex(),
        policy=policy if done.policy is not None else None,
        checkpoints=watch.checkpoints,
        covered=watch.covered,
        cosignatures=watch.cosignatures,
        seen=watch.seen,
        bodies=passed.bodies,
        bodies_missing=passed.bodies_missing,
        bracketed=times.bracketed,
        tolerance_s=tolerance_s,
        late=times.late,
        late_first=times.late_first,
        late_s_max=round(times.late_s_max, 3),
        gaps=times.gaps,
        gap_first=times.gap_first,
        gap_s_max=round(times.gap_s_max, 3),
        found=done.found,
        findings=tuple(done.findings),
        refusal=done.rejudged,
        proved=tuple(_proved(done, tolerance_s)) if ok else (),
        not_proved=tuple(_not_proved(done)),
        seconds=round(seconds, 3),
        entries_per_second=round(state.size / seconds, 1),
        signatures_per_second=round(signatures / seconds, 1),
    )


def _proved(done: Verification, tolerance_s: float) -> Iterator[str]:
    acts, passed, watch = done.acts, done.passed, done.passed.watch
    some = ""
    if done.known:
        some = f"of the {acts.state.size - done.known - acts.withheld} entries since entry {done.known}: "
    elif acts.withheld:
        some = f"of the {acts.state.size - acts.withheld} entries whose envelope is at hand: "
    if not acts.by_leaf_alone:
        yield f"{some}every entry has the one form that the profile allows, and its leaf names its envelope and act"
        yield f"{some}every signature is by the keys that the record itself had enrolled for that office at that entry"
        yield f"{some}each author's chain of acts has no gap, no repetition and no fork"
        yield f"{some}the rules, run again from the charter, admit every act and give the outcome shown"
    yield f"{some if done.known else ''}the index counts up without a gap and the time of receipt never goes back"
    if watch.checkpoints:
        witnessed = done.policy is not None and bool(done.policy.witnesses)
        by = "the log and a quorum of the witnesses have signed" if witnessed else "the log has signed"
        count = many(watch.checkpoints, "checkpoint")
        yield f"these are the first {watch.covered} entries of the one history that {by} ({count})"
        if witnessed:
            yield (
                f"the first {watch.times.bracketed} were received, give or take {tolerance_s:g} s, before they were "
                "cosigned"
            )
    if watch.seen:
        yield f"{watch.seen} acts name a checkpoint that their author had seen, and it is of this history"
    if passed.bodies:
        yield f"{passed.bodies} detached bodies are the ones that were signed"
    if done.rejudged is not None and done.rejudged.verdict is Verdict.JUSTIFIED:
        yield f"the refusal is what the rules give for that act after {done.rejudged.size} entries"


def _not_proved(done: Verification) -> Iterator[str]:
    acts, passed, watch = done.acts, done.passed, done.passed.watch
    if acts.by_leaf_alone:
        yield (
            "anything about acts: the charter is not at hand, so hashes, places and times alone were checked "
            "(--envelopes names a folder that has it)"
        )
    elif acts.withheld:
        yield f"what {acts.withheld} entries say: only their leaves are at hand, and they were taken to have had effect"
    if done.known:
        yield (
            f"what the first {done.known} entries say, and that their envelopes and bodies still lie here: an earlier "
            "result had folded them, and now their leaves were hashed"
        )
    if done.skipped:
        yield f"{done.skipped} signatures now: an earlier result had verified them under the same root"
    yield from _not_proved_by_the_log(done)
    if watch.times.late:
        yield (
            f"the times of {watch.times.late} entries from {watch.times.late_first} on: checkpoints without them were "
            f"cosigned up to {watch.times.late_s_max:.0f} s after they say they were received (no deadline ran then)"
        )
    if watch.times.gaps:
        yield (
            f"that entries were not received at other times than they say: while a deadline ran, {watch.times.gaps} "
            f"times they came while no checkpoint at hand was cosigned, for up to {watch.times.gap_s_max:.0f} s, first "
            f"entry {watch.times.gap_first}"
        )
    if passed.bodies_missing:
        yield f"that {passed.bodies_missing} detached bodies are at hand: only their hashes are in the record"
    if not acts.by_leaf_alone:
        yield "whose keys the founders' root keys are: compare the fingerprints in the charter with the founders"


def _not_proved_by_the_log(done: Verification) -> Iterator[str]:
    passed, watch = done.passed, done.passed.watch
    if not watch.checkpoints:
        why = "no checkpoint is at hand"
        if done.policy is None:
            known = passed.auditor.state.charter is not None
            why = "the charter names no notary" if known else "the keys of the log are not known (--policy says them)"
        yield f"that nothing is missing at the end, and that everybody is shown the same record: {why}"
        yield "that acts were received when the registrar says so: nobody has bracketed the time"
        return
    if watch.covered < passed.size:
        yield f"that the last {passed.size - watch.covered} entries stay: no checkpoint covers them yet"
    if done.policy is not None and not done.policy.witnesses:
        yield "that everybody is shown the same record: no witness has cosigned, so it is the word of the log alone"
        yield "that acts were received when the registrar says so: no witness has bracketed the time"


def many(count: int, noun: str) -> str:
    """So many of them."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def show(report: Report) -> None:
    """In one screen."""
    console = output()
    console.print(f"{(report.purpose or 'no charter').upper()} {quote(report.name or '')}")
    console.print(f"  organisation {report.organisation or 'unknown'}")
    console.print(f"  its root key {report.root or 'unknown'}")
    if report.first_received_at and report.last_received_at:
        span = f"{stamp(report.first_received_at)}Z to {stamp(report.last_received_at)}Z"
        console.print(f"  {report.entries} entries, {span}, {report.terms} term(s) of a registrar")
    if report.policy is not None:
        source = "from the charter" if report.policy == "charter" else f"of {report.policy}"
        signed = f"{many(report.checkpoints, 'checkpoint')}, {many(report.cosignatures, 'signature')}"
        console.print(f"  {signed}; policy {source}")
    console.print()
    if report.refusal is not None:
        _show_refusal(report.refusal, console)
    _show_findings(report, console)
    if report.ok:
        console.print("Proved, by this machine alone:", style="bold")
        for each in report.proved:
            console.print(f"  + {each}")
    console.print("Not proved by this:", style="bold")
    for each in report.not_proved:
        console.print(f"  - {each}")
    console.print()
    rate = f"{report.entries_per_second:,.0f} entries and {report.signatures_per_second:,.0f} signatures a second"
    console.print(f"{report.entries} entries, {report.signatures} signatures in {report.seconds:.2f} s ({rate})")
    verdict = "OK" if report.ok else f"NOT OK: {many(report.found, 'finding')}"
    if report.exit_code == UNDECIDED:
        verdict = "OK, but the refusal is not decided"
    console.print(Text(verdict, style="bold green" if report.ok else "bold red"))


def show_equivocation(told: str) -> None:
    """As loud as a screen allows."""
    console = output()
    console.print(Text("THE LOG HAS SIGNED TWO HISTORIES. Keep both checkpoints: they are proof.", style="bold red"))
    console.print(Text(f"  {quote(told)}", style="bold red"))


def _show_refusal(found: Rejudged, console: Console) -> None:
    about = f"act {found.act[:ID_CHARS]}" if found.act else "something that could not be read"
    console.print(f"Refusal of {about} by {found.rule}, received {stamp(found.received_at)}Z, at {found.size} entries:")
    console.print(Text(f"  {REFUSALS[found.verdict]}: {quote(found.detail)}", style="bold" if found.is_wrong else ""))
    console.print()


def _show_findings(report: Report, console: Console) -> None:
    for each in (each for each in report.findings if each.rule in LOUD):
        show_equivocation(each.detail)
    for each in report.findings[:FINDINGS_SHOWN_MAX]:
        console.print(Text(f"entry {each.index}: {each.rule} {quote(each.detail)}".rstrip(), style="red"))
    left = report.found - FINDINGS_SHOWN_MAX
    if left > 0:
        console.print(f"and {left} more: --json has the first thousand")
    for rule in sorted(HINTS.keys() & {each.rule for each in report.findings}):
        console.print(f"  {rule}: {HINTS[rule]}")
    if report.findings:
        console.print()
