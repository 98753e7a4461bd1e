"""`tacit verify`: a record checked from its first entry, on this machine, trusting no service."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from tacit.audit import TIME_TOLERANCE_S, Fault, Finding
from tacit.cli.equivocations import write_evidence
from tacit.cli.evidence import Evidence, open_evidence
from tacit.cli.going_on import keep_standing, read_earlier, read_standing
from tacit.cli.options import FILE, FOLDER, NEW_FOLDER, read_policy
from tacit.cli.patience import PATIENCE_S
from tacit.cli.progress import progress_bar
from tacit.cli.refusing import read_refusal
from tacit.cli.report import report_of, show
from tacit.cli.results import Result, policy_digest, read_or_make_key, sign_result, state_digest
from tacit.cli.source import UnreadableError
from tacit.cli.verify_file import is_file_of_proof, refuse_refusal, verify_file
from tacit.cli.verifying import FileLeaves, Settings, Verification
from tacit.errors import Rule
from tacit.ids import Digest
from tacit.rules import rules_digest
from tacit.signing import Signer


class Kept(NamedTuple):
    """Where results are kept: the earlier one, the new one, and whose key signs them."""

    since: Path | None
    save: Path | None
    key: Path | None

    def signer(self) -> Signer | None:
        """The signer, if results are kept at all."""
        if self.since is None and self.save is None:
            return None
        if self.key is None:
            raise click.UsageError("--since and --save need --key: a result is signed by whoever verified.")
        rules_digest()  # Of what is loaded now: it will be in the result, and an upgrade may come meanwhile.
        return read_or_make_key(self.key)


@click.command(
    epilog="\b\nExamples:\n  tacit verify archive --policy policy.txt\n  tacit verify http://127.0.0.1:8081 --policy "
    "policy.txt\n  tacit log ~/tacit --json | tacit verify - --json"
)
@click.argument("source")
@click.option("--policy", type=FILE, help="A tlog-policy file; without it the policy follows from the charter.")
@click.option("--organisation", metavar="ID", help="Of whose record it must be: the id of its charter.")
@click.option("--envelopes", type=FOLDER, help="Envelopes and bodies, laid out as in an archive.")
@click.option("--whole", is_flag=True, help="Nothing may be withheld: an envelope that is not at hand is a finding.")
@click.option("--tolerance", metavar="SECONDS", type=click.FloatRange(min=0), default=TIME_TOLERANCE_S,
              help=f"Between times of receipt and of cosignatures. [{TIME_TOLERANCE_S:g}]")  # fmt: skip
@click.option("--patience", metavar="SECONDS", type=click.FloatRange(min=0), default=PATIENCE_S,
              help=f"How far an address may fall behind. [{PATIENCE_S:g}]")  # fmt: skip
@click.option("--refusal", type=FILE, help="Judge this refusal again, as `tacit outbox --refusal` wrote it.")
@click.option("--since", type=FILE, help="Go on from this result: what it had verified is hashed only.")
@click.option("--save", type=FILE, help="Keep the result, signed, if nothing was found.")
@click.option("--key", type=FILE, help="Whose key signs results; made where there is none.")
@click.option(
    "--evidence", "proofs", type=NEW_FOLDER, help="Write what proves two histories of the log into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(
    context: click.Context,
    source: str,
    policy: Path | None,
    organisation: str | None,
    envelopes: Path | None,
    *,
    whole: bool,
    tolerance: float,
    patience: float,
    refusal: Path | None,
    since: Path | None,
    save: Path | None,
    key: Path | None,
    proofs: Path | None,
    as_json: bool,
) -> None:
    """Check a record from its first entry: form, hashes, signatures, chains, time, and every admission again.

    SOURCE may also be an archive, or the address of a log; then its tiles, its checkpoints and their cosignatures are
    checked, too. It may be a file that `tacit bundle` or, with --policy, `tacit prove` has written. Exit code 0:
    nothing is wrong. 1: something is, and it is named. 2: the source cannot be read, or does not tell whether a refusal
    was right.
    """
    given = read_policy(policy) if policy else None
    if is_file_of_proof(source):
        context.exit(verify_file(source, given, organisation, tolerance_s=tolerance, as_json=as_json))
    refuse_refusal(source)
    kept = Kept(since, save, key)
    signer = kept.signer()
    earlier = read_earlier(since, signer) if since is not None and signer is not None else None
    settings = Settings(given, tolerance, whole, earlier, read_refusal(refusal) if refusal else None)
    # A refusal is judged by an earlier state, and envelopes that all must be there have to be looked for.
    if since is not None and earlier is not None and not whole and refusal is None:
        settings = settings._replace(going_on=read_standing(since, earlier, given, tolerance))
    with open_evidence(source, envelopes, patience) as evidence, FileLeaves() as leaves:
        begun = time.perf_counter()
        done = _verify(evidence, settings, leaves)
        seconds = time.perf_counter() - begun
        found = done.acts.state.organisation
        if organisation is not None and found != organisation:
            done.passed.found([Finding(0, str(Rule.OTHER_ORGANISATION), f"it is {found or 'unknown'}")])
        report = report_of(source, done, str(policy) if policy else "charter", tolerance, seconds)
        if report.ok and save is not None and signer is not None:
            _save(save, done, signer)
        if proofs is not None:
            write_evidence(proofs, done.passed.watch.evidence)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        show(report)
    context.exit(report.exit_code)


def _verify(evidence: Evidence, settings: Settings, leaves: FileLeaves) -> Verification:
    size = evidence.size
    if size == 0:
        raise UnreadableError("the source holds no entry: there is nothing to verify.")
    with progress_bar() as progress:
        task = progress.add_task("verifying", total=size)
        done = Verification(evidence, settings, leaves)
        done.run(lambda count: progress.update(task, completed=count))
        differing = [each for each in done.passed.findings if each.rule == Fault.RESULT]
        if not differing or not done.skipped:
            return done
        # The earlier result is of another record: nothing that it had verified counts.
        with FileLeaves() as afresh:
            progress.reset(task, description="again, whole")
            done = Verification(evidence, settings._replace(earlier=None, going_on=None), afresh)
            done.run(lambda count: progress.update(task, completed=count))
            done.passed.tree.root(done.passed.size)
    done.passed.found(differing)
    return done


def _save(path: Path, done: Verification, signer: Signer) -> None:
    state, passed = done.acts.state, done.passed
    if state.charter is None or state.organisation is None:
        raise UnreadableError("without the charter there is no result to save: name envelopes that have it.")
    standing = None if done.acts.withheld else _keep(path, done)
    result = Result(
        v=3,
        organisation=state.organisation,
        size=passed.size,
        root=passed.tree.root(passed.size).hex(),
        state=state_digest(state),
        engine=state.charter.engine,
        withheld=done.acts.withheld,
        checkpoint_size=passed.watch.covered,
        policy=policy_digest(done.policy),
        verified_at=datetime.now(UTC),
        standing=standing,
        rules=rules_digest(),
    )
    try:
        path.write_bytes(sign_result(result, signer))
    except OSError as error:
        raise UnreadableError(f"{path} cannot be written: {error.strerror}.") from error


def _keep(path: Path, done: Verification) -> Digest:
    try:
        return keep_standing(path, done.passed)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be written: {error.strerror}.") from error
