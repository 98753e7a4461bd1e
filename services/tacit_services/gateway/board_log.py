"""What the board says of the log: up to where it is notarised and witnessed, by whom, and whether it is one history.

Every checkpoint is verified here as a client verifies it, with the keys of the charter (`tacit.session.LogView`): the
notary is believed nothing. A reader of the page believes this gateway, as in all that the page shows.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog

from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION, ActId, StateCode
from tacit.log_query import Hashes, UnprovedReason
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.session import Equivocation, LogView, Verified
from tacit_services.gateway.metrics import Metrics

SHOWN_S_MAX: Final = 253_402_300_799
"""The last second of the year 9999: a witness may name any second, and a page can show no later one."""

log = structlog.get_logger()


class WitnessedView(msgspec.Struct, frozen=True):
    """The last checkpoint that the quorum has cosigned: its entries, whose witnesses did, and since when it was met."""

    size: int
    cosigned: tuple[StateCode, ...]
    at: datetime


class HistoriesView(msgspec.Struct, frozen=True):
    """Two checkpoints of the log, by their entries, that are not of one history.

    `certain`: of one size with two roots, which nobody can explain. `evidence`: whether there is a file that convicts
    the log before anybody.
    """

    earlier: int
    later: int
    certain: bool
    evidence: bool


class LogStandingView(msgspec.Struct, frozen=True):
    """Where the log stands. `notarised`: entries under the last checkpoint that the log has signed.

    `waiting`: whose witnesses have cosigned that one, while it lacks the quorum since `behind_since`. `silent`: why the
    notary does not answer now.
    """

    kept: bool
    witnesses: tuple[StateCode, ...]
    quorum: int
    notarised: int | None
    witnessed: WitnessedView | None
    waiting: tuple[StateCode, ...]
    behind_since: datetime | None
    silent: UnprovedReason | None
    histories: HistoriesView | None


class BoardLog:
    """A reader of the log (`log_follower.Reader`) that tells the board where it stands."""

    def __init__(self, organisation: ActId, now: Callable[[], datetime], metrics: Metrics) -> None:
        # The organisation has no witness of its own, so the quorum of the charter is all that is demanded.
        self._view = LogView(organisation, ORGANISATION)
        self._now = now
        self._metrics = metrics
        self._charter: CharterDeposited | None = None
        self._behind_since: datetime | None = None
        self._found: Equivocation | None = None
        self._news = asyncio.Event()

    @property
    def news(self) -> asyncio.Event:
        """Set when there is something new to be shown; take it before asking for `standing`."""
        return self._news

    def learn(self, charter: CharterDeposited | None) -> None:
        """Take the keys of the log from the charter; None: there is none, so there is no log."""
        self._charter = charter
        if charter is not None:
            self._view.learn_charter(charter)
            self._announce()

    @property
    def has_log(self) -> bool:
        """Whether the charter names a log."""
        return self._view.has_log

    @property
    def shown(self) -> int:
        """Entries under the last checkpoint that was verified."""
        return self._view.size

    async def show(self, _size: int, consistency: Hashes, raw: bytes) -> None:
        """Verify a checkpoint. What is none is passed over with a line in the log; two histories are kept for ever."""
        try:
            taken = self._view.take(self._view.size, consistency, raw)
        except RefusedError as error:
            log.warning("checkpoint_refused", rule=error.rule)
            return
        if isinstance(taken, Verified):
            behind = self._witnessed_size() < self._view.size
            self._behind_since = (self._behind_since or self._now()) if behind else None
        elif self._found is None:
            self._found = taken
            self._metrics.histories.inc()
            log.error("log_has_two_histories", size=_size_of(taken.later), after=_size_of(taken.earlier))
        self._announce()

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def standing(self, silent: UnprovedReason | None) -> LogStandingView | None:
        """What is shown now; None before the charter is known."""
        charter, last = self._charter, self._view.last
        if charter is None:
            return None
        behind = self._behind_since is not None and self._view.has_witnesses
        return LogStandingView(
            kept=self._view.has_log,
            # A witness may have two keys, and counts once.
            witnesses=tuple(dict.fromkeys(witness.state for witness in charter.witnesses)),
            quorum=charter.quorum,
            notarised=last.checkpoint.size if last else None,
            witnessed=self._witnessed(charter.quorum),
            waiting=last.cosigned if last and behind else (),
            behind_since=self._behind_since if behind else None,
            silent=silent if self._view.has_log else None,
            histories=None if self._found is None else _histories(self._found),
        )

    @property
    def evidence(self) -> bytes | None:
        """The file that convicts the log of two histories, if it has been."""
        return None if self._found is None else self._found.evidence

    def _witnessed_size(self) -> int:
        return self._view.witnessed.checkpoint.size if self._view.witnessed else 0

    def _witnessed(self, quorum: int) -> WitnessedView | None:
        found = self._view.witnessed
        if found is None:
            return None
        met_s = min(sorted(found.times_s)[quorum - 1], SHOWN_S_MAX)
        return WitnessedView(found.checkpoint.size, found.cosigned, datetime.fromtimestamp(met_s, UTC))


def _histories(found: Equivocation) -> HistoriesView:
    return HistoriesView(_size_of(found.earlier), _size_of(found.later), found.certain, found.evidence is not None)


def _size_of(raw: bytes) -> int:
    return parse_checkpoint(parse_note(raw).text).size
