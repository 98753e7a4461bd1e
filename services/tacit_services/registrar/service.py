"""The registrar as a whole: takes over, serves, begins anew when its store failed, steps down when it is superseded."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tacit import subjects
from tacit.ids import Digest
from tacit.rules import RuleSet
from tacit.signing import Signer
from tacit_services.ports import StoreFailedError
from tacit_services.registrar.answering import unavailable
from tacit_services.registrar.judging import Judge
from tacit_services.registrar.keeping import Keeper
from tacit_services.registrar.pipeline import Pipeline
from tacit_services.registrar.ports import Reply
from tacit_services.registrar.recent import Recent
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.registrar.taking_over import Claimant
from tacit_services.registrar.watch import Watch

_NOT_SERVING = "not_serving"
_STORE_SILENT = "store_not_answering"
UNANSWERED_MAX_S: Final = 5.0
"""For how long a submission may wait for its answer before this registrar says that it cannot do its work."""


class Registrar:
    """One registrar of one organisation. It serves once: after `run` has ended, make another."""

    def __init__(
        self,
        ports: Ports,
        signer: Signer,
        watch: Watch,
        *,
        rulesets: Mapping[Digest, RuleSet],
        charter: bytes | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`charter` is the envelope with which an empty record is founded; a record that is there must agree with it.

        Raises `RefusedError` or `NotFoundedError` when it is not a charter.
        """
        self._ports = ports
        self._signer = signer
        self._watch = watch
        self._limits = limits or Limits()
        self._keeper = Keeper(ports.kept, rulesets, self._limits.state_entries, watch)
        self._claimant = Claimant(rulesets, ports, self._limits, signer, charter, self._keeper)
        self._pipeline: Pipeline | None = None
        self._stopping = False
        self.serving = asyncio.Event()
        """Set while submissions are taken."""

    def unready(self) -> str | None:
        """Why it cannot do its work now, in a word; None where it can."""
        if self._pipeline is None or not self.serving.is_set():
            return _NOT_SERVING
        return _STORE_SILENT if self._pipeline.waiting_s > UNANSWERED_MAX_S else None

    def take(self, raw: bytes, reply: Reply, caller: str | None = None) -> None:
        """Take one submission. `reply` is called exactly once, with an encoded `tacit.submission.Answer`.

        Nothing at all is a probe: it is answered by nothing, and not counted. `caller` is the `traceparent` that came.
        """
        if not raw:
            reply(b"")
        elif self._pipeline is None:
            self._watch.unavailable(1, _NOT_SERVING)
            reply(unavailable(_NOT_SERVING))
        else:
            self._pipeline.take(raw, reply, caller)

    async def submit(self, raw: bytes) -> bytes:
        """Hand in one encoded submission and wait for its encoded answer, within this process."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def reply(data: bytes) -> None:
            if not answer.done():
                answer.set_result(data)

        self.take(raw, reply)
        return await answer

    async def run(self) -> None:
        """Take over and serve until `stop`.

        Raises `FencedError` (another registrar took over: step down for good), `OutcomeUnknownError` (this process
        does not know what it recorded: start it anew), `RecordGapError` (restore the record) or a `RegistrarError`.
        A store that merely fails is waited for.
        """
        claimant, pause_s = self._claimant, self._limits.rebuild_pause_s
        while not self._stopping:
            try:
                await claimant.take_over()
                pause_s = self._limits.rebuild_pause_s
                if not self._stopping:
                    await self._serve()
            except StoreFailedError as error:
                self._watch.stopped(claimant.state.term, error.reason)
                claimant.forget()
                await self._ports.sleep(pause_s)
                pause_s = min(pause_s * 2, self._limits.rebuild_pause_s_max)

    async def _serve(self) -> None:
        state = self._claimant.state
        judge = Judge(state, self._claimant.verifiers, Recent(self._limits.recent_acts_max, state.size))
        self._keeper.begin(self._claimant.tree, self._claimant.named)
        if self._keeper.is_due(state):
            await self._keeper.keep(state)
        pipeline = Pipeline(judge, self._ports, self._limits, self._signer, self._watch, self._keeper)
        self._watch.took_over(state.term, state.size)
        self._pipeline = pipeline
        try:
            async with self._ports.requests.listening(subjects.submit(state.organisation or ""), self.take):
                self.serving.set()
                await pipeline.run()
            await self._keeper.keep(state)
        finally:
            self.serving.clear()
            self._pipeline = None
            self._claimant.trust(pipeline.durable)

    async def stop(self) -> None:
        """Take nothing more, answer what has arrived, let `run` return. May be called at any time, and again."""
        self._stopping = True
        if self._pipeline is not None:
            await self._pipeline.close()
