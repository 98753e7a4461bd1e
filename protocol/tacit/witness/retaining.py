"""How long an attestation can be had again: long after any use of it, and on a disk with an end. Pure.

The last of a chain is never let go of, so counter and chain go on whatever was let go. An act whose attestation is gone
cannot be attested anew: by then it could no longer be played, and the witness attests only what could be.
"""

from datetime import timedelta
from typing import Final

from tacit.limits import CLAIMED_AHEAD_S, DEADLINE_AHEAD_S_MAX, VALIDITY_S_MAX

KEPT_S: Final = DEADLINE_AHEAD_S_MAX + 34 * 86_400
"""400 days: longer than any deadline can be ahead, and much longer than any closing period."""
KEPT_MAX: Final = 1_000_000
"""Attestations of one organisation, about 900 bytes each; beyond, the oldest go before their time."""
KEPT_S_MIN: Final = 2 * (VALIDITY_S_MAX + CLAIMED_AHEAD_S)
"""But none that is younger: for so long the act might still be shown with effect, and is to get what it got first."""
LET_GO_AT_ONCE: Final = 8
"""With each new attestation: more than come, so that what is kept shrinks to its limit."""


def may_let_go(age: timedelta, kept: int) -> bool:
    """Whether the oldest of so many attestations of an organisation need not be kept."""
    age_s = age.total_seconds()
    return age_s > KEPT_S or (kept > KEPT_MAX and age_s > KEPT_S_MIN)
