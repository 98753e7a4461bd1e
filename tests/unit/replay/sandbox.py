"""`Sandbox` in memory, and everything around a player in one process: what outlives an interrupted play stays here."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime

from tacit import acts, envelope
from tacit.acts import RegistrarTerm
from tacit.compose import Author, Composed, Window, compose, next_link
from tacit.detached import Detached
from tacit.ids import ORGANISATION, Digest, OfficeName, StateCode
from tacit.record import Entry, Leaf
from tacit.record.log_signing import LogSigner
from tacit.rules import State, Verifiers, apply, catalogue, genesis
from tacit.signing import Signer
from tacit.submission import Submission
from tacit_services.replay.keyring import Keyring
from tacit_services.replay.playing import Player
from tacit_services.replay.retelling import Retelling
from tacit_services.replay.span import Span
from tacit_services.shell.organisation_files import KeyFile, LogKeyFile


class Keys:
    """`KeyStore` in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[StateCode, OfficeName], Signer] = {}
        self.log: LogSigner | None = None

    def signer(self, state: StateCode, office: OfficeName) -> Signer | None:
        return self.held.get((state, office))

    def write_keys(self, state: StateCode, office: OfficeName, keys: KeyFile) -> None:
        self.held[state, office] = Signer(keys.suite, keys.seeds)

    def log_signer(self) -> LogSigner | None:
        return self.log

    def write_log_keys(self, keys: LogKeyFile) -> None:
        self.log = LogSigner(*keys.seeds)


class MemorySandbox:
    """Records what is submitted, with every signature checked; whatever is void there fails the test."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.entries: list[Entry] = []
        self.state: State = genesis(catalogue())
        self.serving = False
        self._verifiers = Verifiers()
        self._last = 0

    def interrupt(self) -> None:
        """The process that played is gone; the record and the keys are still there."""
        self.serving, self._last = False, len(self.entries)

    async def held(self, index: int) -> Entry | None:
        return self.entries[index] if index < self._last else None

    async def found(self, charter: Composed, at: datetime) -> None:
        self._record(charter, 0, at)
        await self.serve(at)

    async def serve(self, at: datetime) -> None:
        if not self.serving:
            await self.begin_term(at)

    async def begin_term(self, at: datetime) -> None:
        founding = self.state.size == 1
        term = RegistrarTerm(
            term=self.state.term + 1,
            unavailable_since=None if founding else self.state.last_received_at,
            reason="founding" if founding else "take-over",
        )
        author = Author(self.state.organisation or "", ORGANISATION, "registrar", self.keys.held["ORG", "registrar"])
        composed = compose(author, term, None, next_link(self.state, author, None), Window(at, at))
        self._record(composed, term.term, at)
        self.serving, self._last = True, len(self.entries)

    async def submit(self, handed_in: Submission, at: datetime) -> None:
        assert self.serving
        act = envelope.act_id(handed_in.envelope.payload)
        self._add(handed_in.envelope, act, self.state.term, at)

    def _record(self, composed: Composed, term: int, at: datetime) -> None:
        self._add(composed.envelope, composed.act_id, term, at)

    def _add(self, signed: envelope.Envelope, act: str, term: int, at: datetime) -> None:
        sealed = envelope.digest(envelope.encode(signed))
        leaf = Leaf(1, self.state.organisation or act, self.state.size, term, at, act, sealed)
        entry = Entry(leaf, signed, acts.decode(signed.payload))
        apply(self.state, entry, self._verifiers)
        assert 0 == self.state.void
        self.entries.append(entry)


class NoTexts:
    """`Original` of which only the record is at hand."""

    async def body(self, _digest: Digest) -> Detached | None:
        return None


class Theatre:
    """A sandbox and its keys; each `play` is a new process."""

    def __init__(self) -> None:
        self.keys = Keys()
        self.sandbox = MemorySandbox(self.keys)

    def player(self, span: Span) -> tuple[Player, Retelling]:
        """One that begins at entry 0, whatever is recorded already."""
        retelling = Retelling(Keyring(self.keys, random.Random(len(self.keys.held)).randbytes), span)
        states = (genesis(catalogue()), genesis(catalogue()))
        return Player(retelling, span, self.sandbox, NoTexts(), states), retelling

    def play(self, entries: Sequence[bytes], span: Span, until: int | None = None) -> tuple[Player, Retelling]:
        """Play to the end of the span, or be interrupted before the entry `until`."""
        self.sandbox.interrupt()
        player, retelling = self.player(span)
        asyncio.run(_play(player, entries[: span.last + 1 if until is None else until]))
        return player, retelling


async def _play(player: Player, entries: Sequence[bytes]) -> None:
    for raw in entries:
        await player.play(raw, _at_once)


async def _at_once(_at: datetime) -> None:
    """No pause."""
