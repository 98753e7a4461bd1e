"""Asking other members' witnesses: each is shown the act at once, and what they attest comes in as they answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import aiohttp

from tacit.client.delegation import Delegation
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.proving import Proof
from tacit.record import Leaf
from tacit.rules import State
from tacit.submission import Submission, encode

ATTEST_WAIT_S: Final = 10.0
"""For one witness; one that does not answer in this time is asked again until the whole wait is over."""
AGAIN_S: Final = 0.5
ATTESTATION_BYTES_MAX: Final = 8_192


async def show_to_witnesses(
    http: aiohttp.ClientSession, proof: Proof, submission: Submission, addresses: Sequence[str], wait_s: float
) -> bool:
    """Show an act to the witnesses at these addresses until enough have attested it or `wait_s` is over.

    Every witness that attests sends the act on to the registrar and the chair as well. Whether enough have is returned;
    what came in is in `proof`. Raises nothing: who does not answer, or answers something else, has not attested.
    """
    raw = encode(submission)
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s), asyncio.TaskGroup() as tasks:
            urls = [f"{address.rstrip('/')}/attest" for address in addresses]
            asking = [tasks.create_task(_ask(http, proof, url, raw)) for url in urls]
            for answered in asyncio.as_completed(asking):
                await answered
                if proof.is_enough:
                    break
            for task in asking:
                task.cancel()
    return proof.is_enough


async def submit_or_prove(
    delegation: Delegation,
    state: State,
    signed: Envelope,
    addresses: Sequence[str],
    *,
    patience_s: float,
    wait_s: float,
) -> Leaf | Proof:
    """Hand an act in; if there is no answer within `patience_s`, show it to these witnesses for at most `wait_s`.

    Returned is the leaf of the receipt, or what the witnesses attested. The act stays in the outbox and goes out again,
    so a registrar that was only slow records it. `state` is the fold as far as the author has heard.

    Raises:
        ActRefusedError: the act is not recorded.
    """
    try:
        async with asyncio.timeout(patience_s):
            return await delegation.submit(signed)
    except TimeoutError:
        proof = Proof(state, signed)
    async with aiohttp.ClientSession() as http:
        await show_to_witnesses(http, proof, Submission(signed, None), addresses, wait_s)
    return proof


async def _ask(http: aiohttp.ClientSession, proof: Proof, address: str, raw: bytes) -> None:
    done = False
    while not done:
        done = await _asked(http, proof, address, raw)
        await asyncio.sleep(0 if done else AGAIN_S)


async def _asked(http: aiohttp.ClientSession, proof: Proof, address: str, raw: bytes) -> bool:
    """Whether there is no use in asking again."""
    try:
        async with asyncio.timeout(ATTEST_WAIT_S), http.post(address, data=raw) as answer:
            if answer.status != 200:
                return answer.status not in {429, 503}
            proof.take(await answer.content.read(ATTESTATION_BYTES_MAX))
    except (aiohttp.ClientError, TimeoutError):
        return False
    except RefusedError:
        return True
    return True
