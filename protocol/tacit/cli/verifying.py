"""Verifying a record: folds in this thread while others verify signatures. The memory does not grow with the record."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO, Final, NamedTuple, Self

from tacit.audit import (
    Auditor,
    Fault,
    Finding,
    Item,
    Job,
    Judged,
    Pass,
    Rejudged,
    Retrial,
    judge_checkpoint,
)
from tacit.audit.passing import completed_tiles, edge_tiles, message_of
from tacit.audit.tree import TILE_BYTES
from tacit.cli.archive import Held, StoppedError
from tacit.cli.checking import CHUNK_JOBS, Checks, busy_process, other_threads, others
from tacit.cli.evidence import Evidence
from tacit.cli.going_on import GoingOn, charter_policy
from tacit.cli.results import Result, state_digest
from tacit.limits import LOG_SIZE_MAX
from tacit.record.archive import folder_of
from tacit.record.policy import Policy
from tacit.record.refusal_file import RefusalFile
from tacit.record.tiles import TILE_WIDTH

CHECKPOINTS_AHEAD: Final = 32
PENDING_MAX: Final = 64
"""Checkpoints kept that lie under another size than they name."""

Advance = Callable[[int], None]
"""Told how many entries have been taken."""


class Settings(NamedTuple):
    """What is asked of a verification. `policy`: None: the one that follows from the charter."""

    policy: Policy | None
    tolerance_s: float
    whole: bool
    earlier: Result | None = None
    refusal: RefusalFile | None = None
    going_on: GoingOn | None = None


class FileLeaves:
    """Leaf hashes in a nameless file. A context manager: leaving it lets go of the file."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._tiles = 0

    def __enter__(self) -> Self:
        self._file: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def append(self, tile: bytes) -> None:
        """Write the next tile."""
        self._file.seek(self._tiles * TILE_BYTES)
        self._file.write(tile)
        self._tiles += 1

    def read(self, index: int) -> bytes:
        """Read one."""
        self._file.seek(index * TILE_BYTES)
        return self._file.read(TILE_BYTES)


class Verification:
    """One record verified once. `passed` holds what came of it; `acts` the fold in which forged acts are void."""

    def __init__(self, evidence: Evidence, settings: Settings, leaves: FileLeaves) -> None:
        self._evidence, self._settings = evidence, settings
        self.passed = Pass(leaves, settings.tolerance_s, whole=settings.whole)
        self.acts: Auditor = self.passed.auditor
        self.policy = settings.policy
        self.skipped = 0
        """Signatures that an earlier result had verified."""
        self.known = 0
        """Entries that an earlier result had folded: of these the leaves alone were read."""
        self.rejudged: Rejudged | None = None
        """What the refusal comes to that was to be judged again."""
        self.stopped = False
        """Whether the source broke off."""
        self._held: Iterator[Held] = iter(())
        self._look_at = 0
        """The size at which the next checkpoint stands, or might stand."""
        self._judging: deque[tuple[Held, Future[Judged]]] = deque()
        self._pending: list[Judged] = []
        self._forged: list[Finding] = []
        self._retrial = self._begin_retrial()

    @property
    def findings(self) -> list[Finding]:
        """What was found, by index: at most so many as are kept."""
        found = [*self.acts.findings, *self.passed.findings]
        return sorted(found, key=lambda each: each.index)

    @property
    def found(self) -> int:
        """How many."""
        return self.acts.findings.count + self.passed.findings.count

    def run(self, advance: Advance) -> None:
        """Read the source to its end. Raises UnreadableError."""
        earlier = self._settings.earlier
        new = self._evidence.size - (earlier.size if earlier is not None else 0)
        with ThreadPoolExecutor(other_threads()) as pool, others(new) as checking, busy_process():
            checks = Checks(checking)
            try:
                self._hash_known(pool, advance)
                for item in self._evidence.items(self.passed.size):
                    self._take(item, pool, checks)
                    if self.passed.size % CHUNK_JOBS == 0:
                        advance(self.passed.size)
            except StoppedError as error:
                self.stopped = True
                self.passed.found([error.finding])
            self._finish(pool)
            self._forged = checks.finish()
        self.passed.found(self._evidence.findings)
        if self.policy is not None:
            self.passed.found(list(self._evidence.convictions(line.vkey for line in self.policy.logs)))
        if self._forged:
            self._judge_again(advance)
        self._conclude()

    def _begin_retrial(self) -> Retrial | None:
        refusal = self._settings.refusal
        return Retrial(refusal) if refusal is not None else None

    def _conclude(self) -> None:
        if self._retrial is not None:
            passed = self.passed
            self.rejudged = found = self._retrial.conclude(passed.size, passed.tree.root)
            if found.is_wrong:
                passed.found([Finding(max(0, found.size - 1), found.verdict, found.detail)])

    def _hash_known(self, pool: ThreadPoolExecutor, advance: Advance) -> None:
        """Hash what an earlier result has folded, and stand where it stood."""
        going_on, earlier = self._settings.going_on, self._settings.earlier
        if going_on is None or earlier is None:
            return
        self.passed.go_on(*going_on)
        self.skipped, self.known = going_on.standing.signatures, earlier.size
        self._know_policy()
        for entry in self._evidence.entries(earlier.size):
            self._pass_checkpoints(pool)
            self.passed.hash_entry(entry)
            self._look_at_tiles()
            if self.passed.size % TILE_WIDTH == 0:
                advance(self.passed.size)
        if self.passed.size == earlier.size:
            self._compare(earlier)

    def _take(self, item: Item, pool: ThreadPoolExecutor, checks: Checks) -> None:
        passed = self.passed
        index = passed.size
        if index >= self._look_at:
            self._pass_checkpoints(pool)
        job = passed.take(item)
        if index == 0:
            self._know_policy()
        if self._retrial is not None:
            self._retrial.look(passed.auditor)
        if job is not None:
            self._hand_out(job, checks)
        self._look_beside(index)
        earlier = self._settings.earlier
        if earlier is not None and passed.size == earlier.size:
            self._compare(earlier)

    def _know_policy(self) -> None:
        self.policy = self.policy or charter_policy(self.passed.auditor.state)
        if self.policy is not None:
            self._held = self._evidence.checkpoints()

    def _look_beside(self, index: int) -> None:
        passed, evidence = self.passed, self._evidence
        read = passed.auditor.entry
        if read is not None and read.act.header.detached is not None:
            header, raw = read.act.header, None
            if evidence.has_bodies:
                raw = evidence.body(folder_of((header.body, header.channel)), read.act.header.detached)
            passed.take_body(index, raw)
        self._look_at_tiles()

    def _look_at_tiles(self) -> None:
        passed, evidence = self.passed, self._evidence
        if passed.size % TILE_WIDTH == 0 and evidence.has_log:
            passed.check_tiles(evidence.tile, completed_tiles(passed.size // TILE_WIDTH - 1))

    def _hand_out(self, job: Job, checks: Checks) -> None:
        earlier = self._settings.earlier
        if earlier is not None and earlier.skips and job.index < earlier.size:
            self.skipped += len(job.envelope.signatures)
            return
        checks.add(job)

    def _pass_checkpoints(self, pool: ThreadPoolExecutor) -> None:
        """Compare what stands just here, and begin to judge what comes."""
        while self.policy is not None:
            while len(self._judging) < CHECKPOINTS_AHEAD and (held := next(self._held, None)) is not None:
                judge = pool.submit(self._judge, held.name, held.raw, self.policy)
                self._judging.append((held, judge))
            self._look_at = self._judging[0][0].size if self._judging else LOG_SIZE_MAX
            if self._look_at > self.passed.size:
                return
            held, judging = self._judging.popleft()
            self._compare_checkpoint(held, judging.result())

    def _judge(self, name: str, raw: bytes, policy: Policy) -> Judged:
        return judge_checkpoint(name, raw, policy, every_log_key=self._settings.policy is None)

    def _compare_checkpoint(self, held: Held, judged: Judged) -> None:
        size = judged.checkpoint.size if judged.checkpoint is not None else held.size
        if size != held.size:
            self.passed.found([Finding(max(0, held.size - 1), Fault.DAMAGED, f"{held.name} names {size} entries")])
        if size > self.passed.size:
            self._pending = [*self._pending[-PENDING_MAX:], judged]
            return
        if size == self.passed.size and size >= self.known:
            self.passed.bracket(judged)
        self.passed.watch.check(judged)

    def _finish(self, pool: ThreadPoolExecutor) -> None:
        self._pass_checkpoints(pool)
        passed = self.passed
        if self._evidence.has_log and not self.stopped:
            passed.check_tiles(self._evidence.tile, edge_tiles(passed.size))
        rest = [judging.result() for _, judging in self._judging]
        if self.policy is not None:
            rest += [self._judge(held.name, held.raw, self.policy) for held in self._held]
        for judged in (*self._pending, *rest):
            size = judged.checkpoint.size if judged.checkpoint is not None else 0
            (passed.watch.check if size <= passed.size else passed.watch.beyond)(judged)
        earlier = self._settings.earlier
        if earlier is not None and passed.size < earlier.size:
            words = f"it had {earlier.size} entries, and here are {passed.size}"
            passed.found([Finding(max(0, passed.size - 1), Fault.RESULT, words)])

    def _compare(self, earlier: Result) -> None:
        """Whether this is the record of the earlier result, as it was then."""
        passed = self.passed
        if passed.tree.root(earlier.size).hex() != earlier.root:
            passed.found([Finding(earlier.size - 1, Fault.RESULT, f"root {earlier.root} of {earlier.size} entries")])
        elif earlier.skips and not self.acts.withheld and state_digest(passed.auditor.state) != earlier.state:
            words = "the same entries give another state: the rules of this version differ"
            passed.found([Finding(earlier.size - 1, Fault.RESULT, words)])

    def _judge_again(self, advance: Advance) -> None:
        """What follows a forged entry was judged as if it were genuine: judge it again, with that entry void."""
        exact, self._retrial = Auditor(at_once=True), self._begin_retrial()
        try:
            for item in self._evidence.items():
                if item.entry is None or item.kept is not None:
                    exact.take(message_of(item.entry, item.kept or b""))
                else:
                    exact.step_over(item.entry)
                if self._retrial is not None:
                    self._retrial.look(exact)
                if exact.state.size % CHUNK_JOBS == 0:
                    advance(exact.state.size)
        except StoppedError:
            pass  # it was found in the first pass
        self.acts = exact
