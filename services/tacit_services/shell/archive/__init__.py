"""Archives: a local folder, and one in memory."""

from tacit_services.shell.archive.folder import FolderArchive
from tacit_services.shell.archive.memory import MemoryArchive

__all__ = ["FolderArchive", "MemoryArchive"]
