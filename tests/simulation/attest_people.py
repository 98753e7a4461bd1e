"""Who speaks in a play about witnesses: members that break a silence, honestly or not, and offices that lodge."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from tacit import envelope, submission
from tacit.acts import CharterDeposited, Content, EvidenceLodged, SilenceBroken
from tacit.compose import Author, Composed, Link, Window, compose, next_link
from tacit.envelope import ATTESTATION_TYPE, Envelope, Signature
from tacit.errors import RefusedError
from tacit.ids import ActId, StateCode
from tacit.proving import Proof
from tacit.record import Leaf
from tacit.record import leaf as leaf_format
from tacit.record.attestation import NO_ATTESTATION, Attestation, sign_attestation
from tacit.record.receipt import read_refusal
from tacit.rules import State
from tacit.submission import Answer, Receipted, Refused, Submission
from tacit.testing import COUNCIL, EAST, OFFICE, World, signer_for, witness_signer
from tests.simulation.attest_witness import LostError, PlayedWitness

PLACE: Final = (COUNCIL, EAST)
PLAYABLE: Final = timedelta(minutes=10)
COME_AGAIN: Final = frozenset({429, 503})
AGAIN_S: Final = (0.3, 1.5)
Kind = Literal["early", "near", "late", "forger"]
"""Breaks well before the deadline; just before; after it, and dates it back; with too few witnesses and its own."""


class Hall(Protocol):
    """What somebody who speaks needs of the play."""

    world: World
    witnesses: dict[StateCode, PlayedWitness]
    lodgers: "dict[str, Lodger]"
    silence: ActId
    deadline: datetime

    @property
    def state(self) -> State:
        """Of the record."""
        ...

    def now(self) -> datetime:
        """The time that it really is."""
        ...

    def between(self, low: float, high: float) -> float:
        """By chance."""
        ...

    def some(self, of: Iterable[str], least: int, most: int) -> list[str]:
        """So many of them, by chance."""
        ...

    def note(self, words: str) -> None:
        """For the trace."""
        ...

    async def until(self, after_deadline_s: float) -> None:
        """Wait until then."""
        ...

    async def submit(self, shown: Submission) -> Answer:
        """To the registrar, and back. Raises LostError."""
        ...


async def handed_in(hall: Hall, signed: Envelope) -> Leaf | RefusedError:
    """Hand the same bytes in until there is an answer."""
    while True:
        with suppress(LostError):
            answer = await hall.submit(Submission(signed, None))
            if isinstance(answer, Receipted):
                return leaf_format.decode(answer.receipt.payload)
            if isinstance(answer, Refused):
                refusal = read_refusal(answer.refusal)
                return RefusedError(refusal.rule, refusal.detail)
        await asyncio.sleep(hall.between(*AGAIN_S))


class Lodger:
    """One office. What it says is said one after the other, since each act has the next number."""

    def __init__(self, hall: Hall, state: StateCode, office: str = OFFICE) -> None:
        self._hall = hall
        self._turn = asyncio.Lock()
        self.author = Author(hall.world.organisation, state, office, signer_for(f"{state}/{office}"))
        self.lodged: dict[ActId, Leaf] = {}
        """The acts for which evidence of this office was taken."""

    async def say(self, content: Content) -> Leaf | RefusedError:
        async with self._turn:
            link = next_link(self._hall.state, self.author, PLACE)
            return await handed_in(self._hall, self._composed(content, link).envelope)

    def _composed(self, content: Content, link: Link) -> Composed:
        now = self._hall.now()
        return compose(self.author, content, PLACE, link, Window(now, now + PLAYABLE))

    async def lodge(self, evidence: EvidenceLodged) -> None:
        """Lodge what somebody has given us, once."""
        act = envelope.act_id(evidence.envelope.payload)
        answer = await self.say(evidence)
        self._hall.note(
            f"{self.author.office} lodges {act[:6]}: {answer if isinstance(answer, RefusedError) else 'ok'}"
        )
        if isinstance(answer, Leaf):
            self.lodged[act] = answer


class Member:
    """Breaks the silence; where nobody answers, it shows the break to the witnesses of others, and has it lodged."""

    def __init__(self, hall: Hall, state: StateCode, kind: Kind) -> None:
        self.state, self.kind = state, kind
        said = {"early": (-60.0, -25.0), "near": (-12.0, -1.0), "late": (5.0, 25.0), "forger": (-60.0, -25.0)}
        self.said_s = hall.between(*said[kind])
        self.patience_s = hall.between(0.5, 2.0)
        self.answer: Leaf | RefusedError | None = None
        self.proven_at: datetime | None = None
        """When enough had attested it in time, as far as it knows."""
        self.refused_by_own = 0
        self.forged: set[str] = set()
        """Kinds of forged evidence that were taken."""
        self._hall = hall

    @property
    def act(self) -> ActId:
        return self.composed.act_id

    @property
    def is_in_time(self) -> bool:
        """Whether it holds a receipt of before the deadline."""
        return isinstance(self.answer, Leaf) and self.answer.received_at <= self._hall.deadline

    async def speak(self) -> None:
        """All that it does."""
        hall = self._hall
        await hall.until(self.said_s)
        self.composed = self._signed()
        hall.note(f"{self.state} breaks ({self.kind}) {self.act[:6]}")
        self.proof = Proof(self._charter, self.composed.envelope, hall.deadline)
        async with asyncio.TaskGroup() as tasks:
            if self.kind == "forger":
                tasks.create_task(self._forge())
            else:
                tasks.create_task(self._hand_in())
                tasks.create_task(self._have_it_lodged())
                await asyncio.sleep(self.patience_s)
                for witness in hall.witnesses.values():
                    tasks.create_task(self._show(witness))

    @property
    def _charter(self) -> CharterDeposited:
        assert self._hall.world.state.charter is not None
        return self._hall.world.state.charter

    def _signed(self) -> Composed:
        hall = self._hall
        author = hall.world.author(self.state)
        claimed = hall.now() if self.kind != "late" else hall.deadline - timedelta(seconds=20)
        content = SilenceBroken(silence=hall.silence, kind="SUBSTANCE", reason=self.kind)
        link = next_link(hall.state, author, PLACE)
        return compose(author, content, PLACE, link, Window(claimed, claimed + PLAYABLE))

    async def _hand_in(self) -> None:
        self.answer = await handed_in(self._hall, self.composed.envelope)
        self._hall.note(f"{self.state} is answered {self.answer!r}"[:120])

    async def _show(self, witness: PlayedWitness) -> None:
        """Until it attests, or says that there is no use in it."""
        raw = submission.encode(Submission(self.composed.envelope, None))
        while not self.is_in_time:
            with suppress(LostError):
                answer = await witness.attest(raw)
                if answer.status == 200:
                    self._take(witness, answer.body)
                if answer.status not in COME_AGAIN:
                    self.refused_by_own += witness.state == self.state and answer.status == 403
                    return
            await asyncio.sleep(self._hall.between(*AGAIN_S))

    def _take(self, witness: PlayedWitness, raw: bytes) -> None:
        taken = self.proof.take(envelope.decode(raw, ATTESTATION_TYPE))
        self._hall.note(f"{witness.state} attests {self.act[:6]} at {taken.attestation.at}")
        if self.proven_at is None and self.proof.is_enough:
            self.proven_at = self._hall.now()

    @property
    def _has_enough(self) -> bool:
        """Whoever is late tries it all the same, with whatever it was given."""
        return self.proven_at is not None or (self.kind == "late" and len(self.proof.attested) >= self.proof.needed)

    async def _have_it_lodged(self) -> None:
        """Once it is proven and the deadline is over, several offices are given it; a member never relies on one."""
        hall = self._hall
        while not self._has_enough or hall.now() < hall.deadline:  # noqa: ASYNC110 - what a clock says is no event
            await asyncio.sleep(0.2)
        if self.is_in_time:
            return
        evidence = self.proof.evidence()
        others = [name for name in hall.lodgers if name != self.state]
        async with asyncio.TaskGroup() as tasks:
            for name in hall.some(others, 1, 3):
                tasks.create_task(hall.lodgers[name].lodge(evidence))
            tasks.create_task(self._lodge_it_itself(evidence))

    async def _lodge_it_itself(self, evidence: EvidenceLodged) -> None:
        """The evidence has the number after that of the act, which it puts into the record."""
        header, now = self.composed.act.header, self._hall.now()
        author, link = self._hall.world.author(self.state), Link(header.number + 1, self.act)
        composed = compose(author, evidence, PLACE, link, Window(now, now + PLAYABLE))
        answer = await handed_in(self._hall, composed.envelope)
        self._hall.note(f"{self.state} lodges it itself: {answer!r}"[:120])

    async def _forge(self) -> None:
        """One honest attestation too few, and what a member can do for itself to make it look like enough."""
        hall = self._hall
        others = [state for state in hall.witnesses if state != self.state]
        few = hall.some(others, self.proof.needed - 1, self.proof.needed - 1)
        async with asyncio.TaskGroup() as tasks:
            for state in few:
                tasks.create_task(self._show(hall.witnesses[state]))
        given = tuple(each.envelope for each in self.proof.attested)
        rest = [state for state in others if state not in few]
        # Its own witness, one of a friend after the deadline, one of a stranger, a bent one, one about something else.
        named = {
            "own": self._attestation(self.state, hall.deadline - timedelta(seconds=5)),
            "after": self._attestation(rest[0], hall.deadline + timedelta(seconds=1)),
            "stranger": self._attestation("XZZ", hall.deadline - timedelta(seconds=5)),
            "bent": _bent(self._attestation(rest[0], hall.deadline - timedelta(seconds=5))),
            "other": self._attestation(rest[0], hall.deadline - timedelta(seconds=5), act="e" * 64),
            "twice": given[0],
        }
        lodger = hall.lodgers[hall.some([name for name in hall.lodgers if name != self.state], 1, 1)[0]]
        for name in hall.some(named, 3, 6):
            await asyncio.sleep(hall.between(0.0, 30.0))
            attestations = (*given, named[name])
            forged = EvidenceLodged(envelope=self.composed.envelope, attestations=attestations, receipt=None)
            answer = await lodger.say(forged)
            hall.note(f"forged evidence ({name}): {answer!r}"[:120])
            if isinstance(answer, Leaf):
                self.forged.add(name)

    def _attestation(self, state: StateCode, at: datetime, act: ActId = "") -> Envelope:
        organisation = self._hall.world.organisation
        made = Attestation(organisation, act or self.act, at, 1, NO_ATTESTATION)
        return sign_attestation(made, witness_signer(state))


def _bent(signed: Envelope) -> Envelope:
    [one] = signed.signatures
    sig = bytes([one.sig[0] ^ 1]) + one.sig[1:]
    return Envelope(signed.payload, signed.payload_type, (Signature(one.keyid, sig),))
