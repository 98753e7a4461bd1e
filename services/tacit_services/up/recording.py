"""Getting acts of the founding recorded, before any delegation can sign in."""

import asyncio
from typing import Final, Protocol

from tacit import envelope
from tacit.compose import Composed
from tacit.errors import RefusedError
from tacit.keys import Verifier
from tacit.record import Leaf, open_receipt, open_refusal
from tacit.submission import Answer, Receipted, Refused, Submission

RETRY_S: Final = 0.5
TRIES_MAX: Final = 60


class Submitter(Protocol):
    """Hands a submission to the registrar."""

    async def submit(self, submission: Submission) -> Answer:
        """Return what the registrar answered. Raises nothing of the transport."""
        ...


class NoAnswerError(Exception):
    """The registrar gave no answer in all the tries."""

    def __init__(self) -> None:
        super().__init__(f"The registrar gave no answer in {TRIES_MAX} tries: look into the log of the data folder.")


class SubmittingRecorder:
    """`Recorder` by the registrar's own door; the same bytes go out again until there is an answer."""

    def __init__(self, submitter: Submitter, registrar: Verifier) -> None:
        self._submitter = submitter
        self._registrar = registrar

    async def record(self, composed: Composed) -> Leaf:
        """Return the leaf of the receipt.

        Raises:
            RefusedError: the rules refuse the act. NoAnswerError: nobody says.
        """
        for _ in range(TRIES_MAX):
            answer = await self._submitter.submit(Submission(composed.envelope, None))
            if isinstance(answer, Receipted):
                return open_receipt(envelope.encode(answer.receipt), self._registrar)
            if isinstance(answer, Refused):
                refusal = open_refusal(envelope.encode(answer.refusal), self._registrar)
                raise RefusedError(refusal.rule, refusal.detail)
            await asyncio.sleep(RETRY_S)
        raise NoAnswerError
