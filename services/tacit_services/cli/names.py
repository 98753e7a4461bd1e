"""Names out of a data folder for a shell that completes: from the views that lie there, without reading the record."""

import sqlite3
from pathlib import Path
from typing import Final

from tacit_services.shell.view_store.file import ViewFile
from tacit_services.views import NotBuiltError, Question

_COLUMNS: Final = {"channels": ("channels", "channel"), "references": ("texts", "reference")}
VIEWS_FILE: Final = "views.sqlite"
NAMES_MAX: Final = 500
"""More than these nobody reads in a shell."""


def names_in(folder: Path, kind: str) -> list[str]:
    """Distinct names of a kind, newest last; none where no views are kept."""
    path = folder / VIEWS_FILE
    if kind not in _COLUMNS or not path.is_file():
        return []
    view, column = _COLUMNS[kind]
    try:
        with ViewFile(path, "", read_only=True) as file:
            rows = file.select(Question(view, limit=NAMES_MAX)).rows
    except (sqlite3.Error, NotBuiltError):
        return []
    return list(dict.fromkeys(str(held.values[column]) for held in rows))
