"""The state of a service's fold in its own folder: one file, and beside it the fake."""

from tacit_services.shell.kept_state.file import FileKeptState
from tacit_services.shell.kept_state.memory import MemoryKeptState

__all__ = ["FileKeptState", "MemoryKeptState"]
