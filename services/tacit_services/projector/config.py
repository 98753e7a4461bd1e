"""Operating limits of the projector: each with its unit."""

from typing import Final

FOLD_ENTRIES: Final = 32
"""Folded at a stretch; then whatever else runs in this process gets its turn."""
RETRY_S: Final = 1.0
"""The pause after the store of views or the record's store failed."""
PROBE_S: Final = 1.0
"""How often lags are measured, and whether a view was rebuilt by somebody else."""
READ_WAIT_S: Final = 5.0
LAG_ENTRIES_MAX: Final = 1_000
LAG_S_MAX: Final = 10.0
"""Behind for longer, or by more: not ready."""
