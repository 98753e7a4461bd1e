"""The index of acts by their place in their author's chain: SQLite, and beside it the fake."""

from tacit_services.shell.act_index.memory import MemoryActIndex
from tacit_services.shell.act_index.sqlite import SqliteActIndex

__all__ = ["MemoryActIndex", "SqliteActIndex"]
