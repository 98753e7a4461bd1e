"""Whether the gateway can do its work now, and if not, why: looked at in the background, told at once."""

import asyncio
from typing import Final

import msgspec

from tacit_services.gateway.config import PROBE_S, READ_WAIT_S, GatewayConfig
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.ports import Submitter
from tacit_services.gateway.tail import Tail
from tacit_services.ports import EventStore, StoreError

NOT_LOOKED: Final = "not_looked_yet"


class Readiness(msgspec.Struct, frozen=True):
    """What `/readyz` says. `reasons` is empty when `ready`; lags are against the store's own last entry."""

    ready: bool
    reasons: tuple[str, ...]
    record_entries: int
    lag_entries: int
    lag_s: float


class Health:
    """Looks at store and registrar every `PROBE_S`."""

    def __init__(
        self, config: GatewayConfig, store: EventStore, submitter: Submitter, tail: Tail, metrics: Metrics
    ) -> None:
        self._config = config
        self._store = store
        self._submitter = submitter
        self._tail = tail
        self._behind_since_s = 0.0
        self._last = 0
        self._store_reason: str | None = NOT_LOOKED
        self._registrar_reason: str | None = NOT_LOOKED
        # As they are when they are asked for, not when the store was looked at last.
        metrics.record_entries.set_function(lambda: tail.size)
        metrics.record_void.set_function(lambda: tail.state.void)
        metrics.lag_entries.set_function(self._lag_entries)
        metrics.lag_seconds.set_function(self._lag_s)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await self._look_at_store()
            self._registrar_reason = await self._submitter.unready()
            await asyncio.sleep(PROBE_S)

    async def _look_at_store(self) -> None:
        try:
            async with asyncio.timeout(READ_WAIT_S):
                last = await self._store.last_sequence()
        except (TimeoutError, StoreError):
            self._store_reason = "store_not_answering"
            return
        self._store_reason = None
        if not self._lag_entries():
            self._behind_since_s = asyncio.get_running_loop().time()
        self._last = last

    def _lag_entries(self) -> int:
        return max(0, self._last - self._tail.size)

    def _lag_s(self) -> float:
        return asyncio.get_running_loop().time() - self._behind_since_s if self._lag_entries() else 0.0

    def readiness(self) -> Readiness:
        """What was found last."""
        lag_s = self._lag_s()
        behind = self._lag_entries() > self._config.lag_entries_max or lag_s > self._config.lag_s_max
        found = (
            self._store_reason,
            self._registrar_reason,
            "record_lagging" if behind else None,
            None if self._tail.size else "record_empty",
        )
        reasons = tuple(reason for reason in found if reason is not None)
        return Readiness(not reasons, reasons, self._tail.size, self._lag_entries(), round(lag_s, 3))
