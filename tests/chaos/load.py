"""Members who speak on and on, keep every receipt, and hand in the same bytes again until they have one."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from tacit import envelope
from tacit.acts import AcknowledgementRequested, Deadline, MessagePosted
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.detached import Detached
from tacit.errors import RefusedError
from tacit.ids import ActId, StateCode
from tacit.keys import Verifier
from tacit.record import Leaf, open_receipt, open_refusal
from tacit.submission import Answer, Receipted, Refused, Submission, Unavailable
from tacit_services.ports import Entropy
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.up.organisation import COUNCIL
from tacit_services.up.recording import SubmittingRecorder

CHANNEL: Final = "chaos"
AGAIN_S: Final = 0.1
PATIENCE_S: Final = 1.0
"""For an answer: these clients hand the same bytes in again long before a patient one would."""
NONCE_BYTES: Final = 32


class Secretary:
    """The secretariat, which asks everybody to acknowledge an act by a deadline."""

    def __init__(self, author: Author, link: Link, recorder: SubmittingRecorder) -> None:
        self._author = author
        self._link = link
        self._recorder = recorder

    async def ask(self, act: ActId, deadline: datetime, states: tuple[StateCode, ...]) -> ActId:
        """Gives the request's own id; nobody acknowledges, so the timekeeper has to say that it is overdue."""
        shown = Deadline(deadline, "UTC", f"{deadline:%H:%M} UTC")
        content = AcknowledgementRequested(act=act, kind="READ", addressees=states, deadline=shown)
        now = datetime.now(UTC)
        window = Window(now, now + timedelta(hours=1))
        composed = compose(self._author, content, (COUNCIL, CHANNEL), self._link, window)
        await self._recorder.record(composed)
        self._link = Link(self._link.number + 1, composed.act_id)
        return composed.act_id


class Speaker:
    """A member. `receipts` holds the leaf of every act for which it has a receipt."""

    def __init__(
        self, author: Author, link: Link, submitter: NatsSubmitter, registrar: Verifier, entropy: Entropy
    ) -> None:
        self.receipts: list[Leaf] = []
        self.quiet = False
        """Whether it says nothing more for now."""
        self.waits = False
        self._author = author
        self._link = link
        self._submitter = submitter
        self._registrar = registrar
        self._entropy = entropy

    async def speak(self) -> None:
        """Until cancelled."""
        while True:
            if self.quiet:
                await asyncio.sleep(AGAIN_S)
                continue
            composed, body = self._next()
            self.waits = True
            self.receipts.append(await self._recorded(composed, body))
            self.waits = False
            self._link = Link(self._link.number + 1, composed.act_id)

    def _next(self) -> tuple[Composed, Detached]:
        body = Detached(self._entropy(NONCE_BYTES), f"message {self._link.number}".encode())
        now = datetime.now(UTC)
        content = MessagePosted(subject="Chaos", in_reply_to=None)
        window = Window(now, now + timedelta(hours=1))
        place = (COUNCIL, CHANNEL)
        return compose(self._author, content, place, self._link, window, detached=body.digest()), body

    async def _answer(self, handed_in: Submission) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._submitter.submit(handed_in)
        except TimeoutError:
            return Unavailable("no_answer")

    async def _recorded(self, composed: Composed, body: Detached) -> Leaf:
        while True:
            answer = await self._answer(Submission(composed.envelope, body))
            if isinstance(answer, Receipted):
                return open_receipt(envelope.encode(answer.receipt), self._registrar)
            if isinstance(answer, Refused):
                refused = open_refusal(envelope.encode(answer.refusal), self._registrar)
                raise RefusedError(refused.rule, refused.detail)
            await asyncio.sleep(AGAIN_S)
