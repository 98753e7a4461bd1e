"""Copies of the record that others hold: over the bus, and the fake of it."""

from tacit_services.shell.copies.bus import BusCopies, showing
from tacit_services.shell.copies.memory import MemoryCopies

__all__ = ["BusCopies", "MemoryCopies", "showing"]
