"""The projector: read models folded from the record alone, kept in SQLite, readable as of any entry or instant.

It reads the record and never appends to it.
"""

from tacit_services.projector.catalogue import VIEWS
from tacit_services.projector.folding import Projection, Track, View

__all__ = ["VIEWS", "Projection", "Track", "View"]
