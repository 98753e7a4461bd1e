"""By what entries are folded here: a digest of the source of the rules and of all that they fold with.

A state is worth what the rules were that made it. Its types tell where it is laid out differently, not where a rule was
mended and the same entries come to something else. So whoever keeps what was folded or judged keeps this with it, and
takes it up again under the same digest alone: a changed comment costs a fold, a changed rule is never missed.
"""

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import cryptography
import msgspec

from tacit.ids import Digest

JUDGING: Final = ("acts", "audit", "record", "rules")
"""The rooms of this package that read, fold and judge entries; with the files beside them, all that these import."""


@cache
def rules_digest() -> Digest:
    """SHA-256 of the files of those rooms, with the rule-sets, and of the versions of Python and of both libraries.

    It is taken once for a process, and at its start by whoever will keep a state: an upgrade lays other files under
    a process that goes on with what it has loaded.
    """
    found = hashlib.sha256()
    versions = (".".join(map(str, sys.version_info)), msgspec.__version__, cryptography.__version__)
    for part in (*(each.encode() for each in versions), *_files()):
        found.update(b"%d\n%b" % (len(part), part))
    return found.hexdigest()


def _files() -> Iterator[bytes]:
    """The names and the octets of the files, one after the other."""
    package = resources.files("tacit")
    for folder in (package, *(package / room for room in JUDGING)):
        for each in sorted(folder.iterdir(), key=_name):
            if each.is_file():
                yield f"{folder.name}/{each.name}".encode()
                yield each.read_bytes()


def _name(each: Traversable) -> str:
    return each.name
