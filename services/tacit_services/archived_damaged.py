"""What is damaged in an archive is evidence: it is kept before anything else takes its place."""

from hashlib import sha256
from typing import Final

from tacit_services.archive import Archive, ArchiveFile

DAMAGED: Final = ".damaged"
"""The folder of an archive in which damaged files are kept, each under its path and the hash of its bytes."""


async def set_aside(archive: Archive, path: str) -> None:
    """Keep what lies at a path, which stays as it is. Raises StoreFailedError."""
    raw = await archive.get(path) or b""
    await archive.put([ArchiveFile(f"{DAMAGED}/{path}/{sha256(raw).hexdigest()}", raw)])
