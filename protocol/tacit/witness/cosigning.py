"""Cosigning: a checkpoint is verified, stored, and only then signed for. Awaits ports only."""

import logging
from typing import Final, NamedTuple

from tacit.errors import RefusedError
from tacit.record.add_checkpoint import SIZE_TYPE, AddCheckpoint, parse_add_checkpoint
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import TIME_BYTES, named_s, signed_by
from tacit.record.equivocation import Equivocation, encode_equivocation
from tacit.record.note import encode_lines, parse_note
from tacit.record.witness_signing import WitnessSigner
from tacit.witness.counting import Counts
from tacit.witness.deciding import Decided, Held, Status, decide
from tacit.witness.forks import Forks
from tacit.witness.logs import WitnessedLog
from tacit.witness.ports import LogFiles, MirrorError, StoreError, WitnessStore
from tacit.witness.telling import told_with
from tacit.witness.timing import ClockError, Timing

TRIES_MAX: Final = 8
"""How often a request is judged again because another one was faster; then it is told to come again."""

TEXT: Final = "text/plain; charset=utf-8"

log: Final = logging.getLogger("tacit.witness")


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: Status
    body: bytes
    kind: str = TEXT


def told(status: Status, reason: str) -> Answer:
    """An answer in words."""
    return Answer(status, f"{reason}\n".encode("utf-8", "replace"))


class Cosigner:
    """Cosigns the checkpoints of the logs that it knows, never two that contradict one another."""

    def __init__(
        self,
        store: WitnessStore,
        signer: WitnessSigner,
        logs: tuple[WitnessedLog, ...],
        timing: Timing,
        counts: Counts,
        files: LogFiles,
    ) -> None:
        """`files`: where those logs are, as far as it is known; the logs that are mirrored have a mirror."""
        self._store = store
        self._signer = signer
        self._logs = {each.origin: each for each in logs}
        self._timing = timing
        self._counts = counts
        self._mirrors = files.mirrors
        self._forks = Forks(files)

    async def add_checkpoint(self, raw: bytes) -> Answer:
        """Answer a request `add-checkpoint`. Raises nothing; with a status other than 200 nothing was signed."""
        try:
            answer = await self._answer(raw)
        except StoreError:
            log.exception("store_failed")
            answer = told(503, "the store does not answer")
        self._counts.checkpoint(answer.status)
        return answer

    async def _answer(self, raw: bytes) -> Answer:
        try:
            request = parse_add_checkpoint(raw)
            checkpoint = parse_checkpoint(request.checkpoint.text)
        except RefusedError as error:
            return told(400, str(error))
        known = self._logs.get(checkpoint.origin)
        if known is None:
            return told(404, "this log is not witnessed here")
        try:
            request = request._replace(checkpoint=signed_by(request.checkpoint, known.keys))
        except RefusedError as error:
            return told(403, error.detail)
        for _ in range(TRIES_MAX):
            answer = await self._try(known, request, checkpoint, raw)
            if answer is not None:
                return answer
        return told(503, "others were faster: come again")

    async def _try(
        self, known: WitnessedLog, request: AddCheckpoint, checkpoint: Checkpoint, raw: bytes
    ) -> Answer | None:
        """An answer, or None where what is held has changed meanwhile."""
        held = await self._store.held(known.origin)
        before = await self._store.note_of(known.origin, checkpoint.size)
        decided = decide(request, checkpoint, held, before)
        if decided.status != 200:
            await self._convict(decided, held, request, checkpoint, raw)
            return _refused(decided, held)
        # A log of two keys signs with both: whoever has broken one must not lead its witnesses astray.
        if len(request.checkpoint.lines) < len(known.keys):
            return told(403, "not signed by every key of the log")
        if known.mirrored:
            try:
                await self._mirrors[known.origin].hold(checkpoint.size, checkpoint.root)
            except MirrorError as error:
                log.warning("entries_not_held", extra=told_with(size=checkpoint.size, reason=str(error)))
                return told(503, f"the entries are not held: {error}")
        try:
            return await self._sign(known, request, checkpoint, held)
        except ClockError as error:
            return told(503, str(error))

    async def _sign(
        self, known: WitnessedLog, request: AddCheckpoint, checkpoint: Checkpoint, held: Held
    ) -> Answer | None:
        """Sign, and store before it is handed out; None where what is held has changed. Raises ClockError."""
        origin = known.origin
        at_s = _not_before(held, origin, int(self._timing.now().timestamp()))
        self._timing.check_cosigning(at_s, named_s(request.checkpoint, known.keys))
        lines = self._signer.sign(request.checkpoint.text, at_s)
        note = request.checkpoint.with_lines(*lines).encode().decode()
        if not await self._store.advance(origin, held, Held(checkpoint.size, checkpoint.root, note)):
            return None
        return Answer(200, encode_lines(lines).encode())

    async def _convict(
        self, decided: Decided, held: Held, request: AddCheckpoint, checkpoint: Checkpoint, raw: bytes
    ) -> None:
        """Keep what the request, or else the files of the log, show against it; or what it owes a proof for."""
        found, shown = decided.equivocation, request.checkpoint.encode()
        # From another size than the one that is held nothing was asked to be proven: only what is smaller must be ours.
        if found is None and (decided.status == 422 or checkpoint.size < held.size):
            looked = await self._forks.find(held, checkpoint, shown.decode())
            found = looked if isinstance(looked, Equivocation) else None
            if looked == "unknown" and 0 < held.size < checkpoint.size and await self._store.doubt(shown):
                log.warning("checkpoint_unproven", extra=told_with(log=checkpoint.origin, size=checkpoint.size))
        if found is not None and await self._store.keep(encode_equivocation(found), raw):
            self._counts.equivocation()
            log.critical("log_signed_two_histories", extra=told_with(log=checkpoint.origin, size=checkpoint.size))

    async def latest(self, origin: str) -> str | None:
        """The last checkpoint that was cosigned, as a note with the cosignature; None if there is none.

        Raises:
            StoreError: the store does not answer.
        """
        return (await self._store.held(origin)).note or None


def _not_before(held: Held, origin: str, now_s: int) -> int:
    """The second to sign. A cosignature says that nothing larger was seen by then, so no later one may bear less."""
    if not held.note:
        return now_s
    own = (line for line in parse_note(held.note.encode()).lines if line.name != origin)
    return max([now_s, *(int.from_bytes(line.signature[:TIME_BYTES], "big") for line in own)])


def _refused(decided: Decided, held: Held) -> Answer:
    if decided.status == 409:
        return Answer(409, f"{held.size}\n".encode(), SIZE_TYPE)
    return told(decided.status, decided.reason)
