"""The bounds: what two threads verify, and what one fsynced publish takes."""

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Final

from tacit import acts, submission
from tacit.envelope import Envelope
from tacit.rules import Signatory, State, Verifiers, check_signatures, signing_keys
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.threads import Threads

THREADS: Final = 2
VERIFY_ACTS: Final = 4_000
PUBLISHES: Final = 200


def claims_of(state: State, submissions: Sequence[bytes]) -> list[tuple[tuple[Signatory, ...], Envelope]]:
    """Envelopes with those who must have signed them."""
    verifiers = Verifiers()
    signed = [submission.decode(raw).envelope for raw in submissions]
    return [(signing_keys(state, acts.decode(each.payload), verifiers), each) for each in signed]


async def verify_rate(state: State, submissions: Sequence[bytes]) -> float:
    """Acts in a second whose signatures two threads check while nothing else is done."""
    claims = claims_of(state, submissions[:VERIFY_ACTS])
    parts = [claims[at::THREADS] for at in range(THREADS)]
    now = perf_counter
    with Threads(THREADS, "bound") as threads:
        begun_s = now()
        working = [threads.start(partial(_check, part)) for part in parts]
        for each in working:
            await each
        return len(claims) / (now() - begun_s)


def _check(claims: Sequence[tuple[tuple[Signatory, ...], Envelope]]) -> None:
    for signers, envelope in claims:
        check_signatures(signers, envelope)


async def publish_latency_s(store: JetStreamEventStore, message: NewMessage) -> float:
    """The median time of one fsynced append of one message, one after the other."""
    now, waits_s = perf_counter, []
    last = await store.last_sequence()
    for _ in range(PUBLISHES):
        begun_s = now()
        last = await store.append([message], last)
        waits_s.append(now() - begun_s)
    return sorted(waits_s)[PUBLISHES // 2]
