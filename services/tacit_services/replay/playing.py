"""Goes through a record entry by entry and has each act recorded again, at the time at which it was received there.

The sandbox's rules are asked before its registrar is: what they refuse is not handed in, and is named with the rule.
Awaits ports only.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from tacit import envelope
from tacit.acts import RegistrarTerm, tag
from tacit.compose import Composed
from tacit.detached import Detached
from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record import Entry, Leaf
from tacit.rules import State, admit, apply, apply_bytes, enact
from tacit.rules.effects import EntryVoid
from tacit.submission import Submission
from tacit_services.replay.outcome import Skipped
from tacit_services.replay.retelling import Retelling, filler, paragraphs
from tacit_services.replay.span import Span
from tacit_services.shell.errors import OperatorError


class OtherPlayError(OperatorError):
    """The sandbox holds something else than this play."""

    def __init__(self, index: int) -> None:
        super().__init__(
            f"Entry {index} of the sandbox is not what this play would record there: name another folder, or play the "
            f"same span of the same record from the same source."
        )


class TooCloseError(OperatorError):
    """A play was interrupted so shortly before a deadline that going on would change what comes of it."""

    def __init__(self, index: int) -> None:
        super().__init__(
            f"The play was interrupted at entry {index}, right before the deadline of a silence, which a registrar "
            f"that takes over now would put in jeopardy: play it again, into an empty folder."
        )


class Sandbox(Protocol):
    """The record that is played into."""

    async def held(self, index: int) -> Entry | None:
        """The entry at this index, None where the record ends. Raises StoreFailedError."""
        ...

    async def found(self, charter: Composed, at: datetime) -> None:
        """Keep the charter and have a registrar found the organisation at this time. Raises an OperatorError."""
        ...

    async def serve(self, at: datetime) -> None:
        """See to it that a registrar serves; where none does, one takes over at this time."""
        ...

    async def begin_term(self, at: datetime) -> None:
        """Let the registrar end and another one take over at this time."""
        ...

    async def submit(self, handed_in: Submission, at: datetime) -> None:
        """Hand in, to be received at this time; raises an OperatorError if an earlier act was not recorded."""
        ...


class Original(Protocol):
    """What the record that is played does not hold itself."""

    async def body(self, digest: Digest) -> Detached | None:
        """A detached text, None if it is not at hand."""
        ...


States = tuple[State, State]
"""That of the original and that of the sandbox, both before entry 0."""


class Player:
    """Plays one record into one sandbox. `state` is that of the sandbox once everything is recorded."""

    def __init__(self, retelling: Retelling, span: Span, sandbox: Sandbox, original: Original, states: States) -> None:
        self._retelling = retelling
        self._span = span
        self._sandbox = sandbox
        self._original = original
        self.original, self.state = states
        self._founded = self._serving = False
        self.acts = self.recorded_before = self.ground = self.elsewhere = 0
        self._paragraphs: dict[Digest, int] = {}
        self.skipped: list[Skipped] = []
        self.fillers: list[int] = []

    async def play(self, raw: bytes, pause: Callable[[datetime], Awaitable[None]]) -> None:
        """Play the next entry of the original; `pause` returns when it is this one's time.

        Raises:
            OperatorError: the sandbox holds something else, or its registrar did not record what it should have.
        """
        index = self.original.size
        entry, effects = apply_bytes(self.original, raw)
        void = next((effect for effect in effects if isinstance(effect, EntryVoid)), None)
        if entry is None or void is not None:
            kind = tag(entry.act.content) if entry is not None else None
            self.skipped.append(Skipped(index, kind, f"void in the original: {void.rule if void else ''}"))
        elif not self._span.names(entry.act.header.channel):
            self.elsewhere += 1
        else:
            if index >= self._span.first:
                await pause(entry.leaf.received_at)
            await self._play(entry)

    async def _play(self, entry: Entry) -> None:
        at = entry.leaf.received_at
        if isinstance(entry.act.content, RegistrarTerm):
            await self._term(entry.act.content, at)
            return
        held, body = await self._held(), await self._body(entry)
        if held is None and self.state.size:
            await self._serve(at)
        try:
            composed = self._retelling.retell(entry, self.state, body)
            if held is None and not self.state.size:
                await self._sandbox.found(composed, at)
                self._founded = True
            admit(self.state, composed.act, composed.act_id, at)
        except RefusedError as error:
            said = f"{error.rule} {error.detail}".rstrip()
            self.skipped.append(Skipped(entry.leaf.index, tag(entry.act.content), said))
            return
        await self._record(composed, body, at)
        self._retelling.told(entry, composed.act_id)
        self.ground += entry.leaf.index < self._span.first

    async def _serve(self, at: datetime) -> None:
        """Have a registrar serve, now that something is missing. In a play taken up again it begins a term of its own.

        Raises:
            TooCloseError: that term would have an effect.
        """
        if not (self._serving or self._founded):
            now = self.state.last_received_at or at
            until = now + timedelta(seconds=self.state.rules.silence.outage_margin_s)
            if any(now < silence.deadline.at <= until for _, silence in self.state.silences_running()):
                raise TooCloseError(self.state.size)
            await self._sandbox.serve(now)
            await self._held()
        self._serving = True

    async def _record(self, composed: Composed, body: Detached | None, at: datetime) -> None:
        held = await self._held()
        if held is None:
            await self._sandbox.submit(Submission(composed.envelope, body), at)
            self.acts += 1
            sealed = envelope.digest(envelope.encode(composed.envelope))
            organisation = self.state.organisation or composed.act_id
            leaf = Leaf(1, organisation, self.state.size, self.state.term, at, composed.act_id, sealed)
            enact(self.state, composed.act, leaf)
        elif held.leaf.act == composed.act_id:
            charter = self._founded and self.state.size == 0
            self.acts += charter
            self.recorded_before += not charter
            apply(self.state, held)
        else:
            raise OtherPlayError(self.state.size)

    async def _held(self) -> Entry | None:
        """What stands next in the sandbox, after the terms that began because a play was taken up again."""
        while (held := await self._sandbox.held(self.state.size)) is not None:
            if not isinstance(held.act.content, RegistrarTerm):
                return held
            apply(self.state, held)
        return None

    async def _term(self, term: RegistrarTerm, at: datetime) -> None:
        """A registrar took over there: so does one here, since a deadline may have fallen into the outage."""
        while (held := await self._sandbox.held(self.state.size)) is not None:
            if not isinstance(held.act.content, RegistrarTerm):
                return
            apply(self.state, held)
            if held.leaf.received_at == at or term.reason == "founding":
                return
        await self._sandbox.begin_term(at)
        self._serving = True
        await self._held()

    async def _body(self, entry: Entry) -> Detached | None:
        digest = entry.act.header.detached
        if digest is None:
            return None
        body = await self._original.body(digest)
        if body is None:
            self.fillers.append(entry.leaf.index)
            # Of one text there is one filler, also where several acts carry it.
            return filler(digest, self._paragraphs.setdefault(digest, paragraphs(entry.act.content)))
        return body
