"""All attacks, in the order in which they are told."""

from tests.attacks import (
    on_bundles,
    on_clients,
    on_evidence,
    on_files,
    on_logs,
    on_proofs,
    on_record,
    on_refusals,
    on_rules,
    on_services,
    on_time,
    on_witnesses,
)
from tests.attacks.case import ATTACKS

ROOMS = (
    on_files,
    on_record,
    on_rules,
    on_time,
    on_evidence,
    on_witnesses,
    on_clients,
    on_refusals,
    on_logs,
    on_proofs,
    on_bundles,
    on_services,
)
"""In the order of the page."""

__all__ = ["ATTACKS", "ROOMS"]
