"""Vectors that others published, read where they lie beside the project; each test that needs them skips without."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any, Final

from tests.requirement import SHARED

VECTORS: Final = SHARED / "vectors"


def read(name: str) -> Any:  # JSON of other people's shapes
    """A JSON file of the collection, unpacked where it is packed."""
    path: Path = VECTORS / name
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def from_base64(text: str) -> bytes:
    return base64.b64decode(text)
