"""Attesting: that this witness was shown an act, when, and what it was shown before. Awaits ports only."""

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime
from typing import Final

from tacit import acts, envelope, profile, submission
from tacit.acts import Act
from tacit.acts.header import Header
from tacit.detached import check_detached
from tacit.envelope import ACT_TYPE
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, StateCode
from tacit.limits import ENVELOPE_BYTES_MAX
from tacit.record.attestation import NO_ATTESTATION, Attestation, attestation_id, sign_attestation
from tacit.record.cosignature import NoteSigner
from tacit.rules.authors import check_times
from tacit.submission import Submission
from tacit.witness.cosigning import Answer, told
from tacit.witness.counting import Counts
from tacit.witness.ports import Forwarding, StoreError, WitnessStore
from tacit.witness.telling import told_with
from tacit.witness.timing import ClockError, Timing

JSON: Final = "application/json"
TRIES_MAX: Final = 64
"""How often an attestation is numbered again because another one took the number."""

log: Final = logging.getLogger("tacit.witness")


def read_shown(raw: bytes) -> tuple[Submission, Act, ActId]:
    """Read a submission that a member shows. Who signed the act is not asked: that is for the rules.

    Raises:
        RefusedError: `profile.*`, `act.unknown_type`, `envelope.payload_type` or `detached.*`.
    """
    shown = submission.decode(raw)
    if shown.envelope.payload_type != ACT_TYPE:
        raise RefusedError(Rule.PAYLOAD_TYPE, shown.envelope.payload_type[:80])
    if len(envelope.encode(shown.envelope)) > ENVELOPE_BYTES_MAX:
        raise RefusedError(Rule.TOO_LARGE, f"an envelope has at most {ENVELOPE_BYTES_MAX} bytes")
    act = acts.decode(shown.envelope.payload)
    check_detached(act.header.detached, shown.detached)
    return shown, act, envelope.act_id(shown.envelope.payload)


class Attestor:
    """Attests acts of other members, each once: shown again, it hands out what it handed out first."""

    def __init__(
        self,
        store: WitnessStore,
        signer: NoteSigner,
        state: StateCode,
        organisations: Collection[ActId],
        timing: Timing,
        counts: Counts,
        forwarding: Forwarding,
    ) -> None:
        self._store = store
        self._signer = signer
        self._state = state
        self._organisations = organisations
        self._timing = timing
        self._counts = counts
        self._forwarding = forwarding
        # The chain is whole without it: it only spares the others in the crowd that they number themselves anew.
        self._turn = asyncio.Lock()

    async def attest(self, raw: bytes) -> Answer:
        """Answer a member that shows an act. Raises nothing; with a status other than 200 nothing was signed."""
        try:
            answer = await self._answer(raw)
        except StoreError:
            log.exception("store_failed")
            answer = told(503, "the store does not answer")
        self._counts.attestation(answer.status)
        return answer

    async def _answer(self, raw: bytes) -> Answer:
        try:
            _, act, act_id = read_shown(raw)
        except RefusedError as error:
            return told(400, str(error))
        organisation = act.header.organisation
        if organisation not in self._organisations:
            return told(404, "this organisation is not witnessed here")
        if act.header.state == self._state:
            return told(403, f"the witness of {self._state} does not count for {self._state}")
        signed = await self._store.attested(organisation, act_id)
        if signed is None:
            try:
                async with self._turn:
                    signed = await self._sign(act.header, act_id)
            except RefusedError as error:
                return told(422, str(error))
            except ClockError as error:
                return told(503, str(error))
            log.info("act_attested", extra=told_with(act=act_id, state=act.header.state))
        if signed is None:
            return told(503, "others were faster: come again")
        self._forwarding.forward(organisation, raw)
        return Answer(200, signed, JSON)

    async def _sign(self, header: Header, act_id: ActId) -> bytes | None:
        """Attest an act. Raises RefusedError: it could not be played at the time that would be attested; ClockError."""
        organisation = header.organisation
        for _ in range(TRIES_MAX):
            if (first := await self._store.attested(organisation, act_id)) is not None:
                return first
            last = await self._store.last_attestation(organisation)
            after = next_attestation(organisation, act_id, last, self._timing.now())
            self._timing.check_attesting(after.at)
            check_times(header, after.at)
            signed = profile.encode(sign_attestation(after, self._signer))
            if await self._store.attest(last, after, signed):
                return signed
        return None


def next_attestation(organisation: ActId, act_id: ActId, last: Attestation | None, now: datetime) -> Attestation:
    """The next of a chain. Where the clock was set back, the time of the last one stands."""
    if last is None:
        return Attestation(organisation, act_id, now, 1, NO_ATTESTATION)
    return Attestation(organisation, act_id, max(now, last.at), last.counter + 1, attestation_id(last))
