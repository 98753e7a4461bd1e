"""The time that a witness signs for, held against what else tells the time.

What a witness has signed never bears an earlier time than what it signed before, since readers would take that for a
second history. So a clock that is far ahead for a moment would leave it with that time for as long as it was ahead.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tacit.witness.counting import Counts, Signing
from tacit.witness.ports import Clock
from tacit.witness.telling import told_with

CLOCK_AHEAD_S: Final = 600
"""Seconds by which a time that is signed may be ahead of the others that tell it: more than honest clocks differ by."""

log: Final = logging.getLogger("tacit.witness")


class ClockError(Exception):
    """Nothing is signed: the clock of the witness, and what it signed last, do not agree with what else tells the time.

    The message says which, and what an operator may do.
    """


class Timing:
    """The clock of one witness. `elapsed_s` counts the seconds that pass, whatever the clock is set to."""

    def __init__(self, clock: Clock, elapsed_s: Callable[[], float], counts: Counts) -> None:
        self._clock = clock
        self._elapsed_s = elapsed_s
        self._counts = counts
        self._believe()

    def _believe(self) -> None:
        self._began = self._clock(), self._elapsed_s()

    def now(self) -> datetime:
        """The time of the clock, whatever it is."""
        return self._clock()

    def check_cosigning(self, at_s: int, log_s: int) -> None:
        """Check a second to cosign for against the one that the log names, 0 if it names none.

        A log that names a time near the clock's says that this may be believed again after a jump. Whoever runs the log
        can make a witness refuse its own checkpoints, and harms nobody else.

        Raises:
            ClockError: it is more than `CLOCK_AHEAD_S` ahead.
        """
        if log_s and abs(self._clock().timestamp() - log_s) <= CLOCK_AHEAD_S:
            self._believe()
        ahead_s = at_s - log_s if log_s else self._jumped_s
        self._counts.ahead(ahead_s)
        if ahead_s > CLOCK_AHEAD_S:
            raise self._refused("checkpoint", ahead_s, "the log, or than the time that has passed")

    def check_attesting(self, at: datetime) -> None:
        """Check a time to attest for.

        What the log says does not forbid it: it is its operator that may hold back an act, and would only have to set
        its clock back until the deadline has passed.

        Raises:
            ClockError: it is more than `CLOCK_AHEAD_S` ahead of the clock, or the clock of the time that has passed.
        """
        chain_s = (at - self._clock()).total_seconds()
        if chain_s > CLOCK_AHEAD_S:
            raise self._refused("attestation", chain_s, "its own clock: the last attestation bears that time")
        if self._jumped_s > CLOCK_AHEAD_S:
            raise self._refused("attestation", self._jumped_s, "the time that has passed since it began")

    @property
    def _jumped_s(self) -> float:
        """By how much the clock has gone on beyond the time that has passed."""
        began, elapsed_s = self._began
        return (self._clock() - began - timedelta(seconds=self._elapsed_s() - elapsed_s)).total_seconds()

    def _refused(self, what: Signing, ahead_s: float, of: str) -> ClockError:
        self._counts.clock_refusal(what)
        log.critical("clock_ahead", extra=told_with(what=what, ahead_s=round(ahead_s)))
        return ClockError(f"the time to sign for is {ahead_s:.0f} s ahead of {of}: set the clock")
