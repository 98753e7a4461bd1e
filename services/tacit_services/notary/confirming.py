"""At the start: what was published, what was signed, what a quorum of the witnesses has seen. Awaits ports only.

The record itself need not be trusted for any of it: the tree over it must pass through all of these, or nothing is
signed again.
"""

from typing import Final, NamedTuple

from tacit.acts import CharterDeposited
from tacit.ids import ActId
from tacit.record.archive import CHECKPOINT
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.organisation_log import log_vkeys, origin
from tacit_services.archive import Archive
from tacit_services.log_reading import LogReader
from tacit_services.notary.asking import Witnesses
from tacit_services.notary.errors import ArchiveDamagedError, HistoryDiffersError
from tacit_services.notary.settings import WITNESS_WAIT_S
from tacit_services.notary.standing import Pin, decode_signed, own_head, seen_head
from tacit_services.notary.watch import Watch
from tacit_services.right_edge import Head
from tacit_services.settle import Sleep

SIGNED: Final = ".state/signed"
"""Where the last signed head lies in the archive. It is no part of the log and is not served."""
ASK_AGAIN_S: Final = 2.0
NOTHING: Final = Head(0, EMPTY_ROOT)


class Log(NamedTuple):
    """Which log it is, by its charter."""

    organisation: ActId
    charter: CharterDeposited

    @property
    def origin(self) -> str:
        """Its name."""
        return origin(self.organisation)


class Confirming:
    """What an organisation's log has to go on from."""

    def __init__(self, log: Log, archive: Archive, reader: LogReader, watch: Watch) -> None:
        self._log = log
        self._archive = archive
        self._reader = reader
        self._watch = watch
        self._keys = log_vkeys(log.organisation, log.charter)

    async def published(self) -> Head:
        """The head of the published checkpoint; that of the empty log if there is none.

        Raises:
            ArchiveDamagedError: what lies there is no checkpoint of this log.
            StoreFailedError: the archive cannot be read now.
        """
        raw = await self._archive.get(CHECKPOINT)
        return NOTHING if raw is None else self._head(CHECKPOINT, own_head(raw, self._log.origin, self._keys))

    async def signed(self) -> list[Pin]:
        """The head that this notary signed last, if there is one; raises as `published` does."""
        raw = await self._archive.get(SIGNED)
        return [] if raw is None else [Pin(self._head(SIGNED, decode_signed(raw)), "the last signed checkpoint")]

    def _head(self, path: str, head: Head | None) -> Head:
        if head is None:
            raise ArchiveDamagedError(path, 0)
        return head

    async def witnessed(self, witnesses: Witnesses, sleep: Sleep) -> list[Pin]:
        """What a quorum of the witnesses saw last, asked for until a quorum answers. Nobody answers for the others.

        What no key of the log has signed is no answer, whoever gives it.
        """
        quorum = self._log.charter.quorum
        while True:
            answers = await witnesses.latest(self._log.origin, quorum, WITNESS_WAIT_S)
            heads = {
                state: NOTHING if raw is None else seen_head(raw, self._log.origin, self._keys)
                for state, raw in answers.items()
            }
            pins = [Pin(head, f"the witness of {state}") for state, head in heads.items() if head is not None]
            if len(pins) >= quorum:
                return pins
            self._watch.unconfirmed(len(pins), quorum)
            await sleep(ASK_AGAIN_S)

    async def check_behind(self, published: Head, pins: list[Pin]) -> list[Pin]:
        """Check the pins that the archive has passed already, and give those ahead of it.

        Raises:
            HistoryDiffersError: the archive is of another history than the one that somebody saw.
            LogDamagedError, StoreFailedError: as the archive is read.
        """
        for pin in pins:
            if 0 < pin.head.size <= published.size and await self._reader.root(pin.head.size) != pin.head.root:
                raise HistoryDiffersError(pin.head.size, pin.by)
        return [pin for pin in pins if pin.head.size > published.size]
