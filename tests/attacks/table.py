"""All attacks, in the order in which they are told."""

from tests.attacks import on_files, on_record, on_rules, on_time
from tests.attacks.case import ATTACKS

__all__ = ["ATTACKS", "on_files", "on_record", "on_rules", "on_time"]
