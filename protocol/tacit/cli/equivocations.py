"""Evidence that a log has signed two histories, as witnesses keep it: `evidence/<sha256>.json`, checked by anybody."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from tacit.audit import Fault, Finding
from tacit.cli.files import Files
from tacit.cli.source import UnreadableError
from tacit.errors import RefusedError
from tacit.record.checkpoint import Checkpoint
from tacit.record.equivocation import Equivocation, check_equivocation, decode_equivocation, encode_equivocation
from tacit.record.vkey import Vkey

EVIDENCE: Final = "evidence"
"""A folder for checkpoints that contradict others, from wherever they came, and for what witnesses keep of them."""
SUFFIX: Final = ".json"
BEGINS: Final = b'{"v":1,"first":"'
"""How a file of evidence begins."""


def convict(raw: bytes, keys: Iterable[Vkey]) -> tuple[Checkpoint, Checkpoint]:
    """The two checkpoints that the log with these keys has signed, and that cannot both be true.

    Raises:
        RefusedError: `profile.*` or `log.*`: it proves nothing against this log.
    """
    return check_equivocation(decode_equivocation(raw), tuple(keys))


def convictions(files: Files, keys: Iterable[Vkey]) -> Iterator[Finding]:
    """What the evidence in an archive comes to; a file that proves nothing is damaged."""
    wanted = tuple(keys)
    for name in files.names(EVIDENCE):
        raw = files.read(f"{EVIDENCE}/{name}") if name.endswith(SUFFIX) else None
        if raw is None:
            continue
        try:
            first, second = convict(raw, wanted)
        except RefusedError as error:
            yield Finding(0, Fault.DAMAGED, f"{EVIDENCE}/{name} proves nothing: {error}")
            continue
        yield Finding(max(0, first.size - 1), Fault.EQUIVOCATION, f"{EVIDENCE}/{name}: {words(first, second)}")


def write_evidence(folder: Path, found: Iterable[Equivocation]) -> None:
    """Write files of evidence, each by its hash as witnesses do. Raises UnreadableError where that cannot be."""
    try:
        for each in found:
            raw = encode_equivocation(each)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{sha256(raw).hexdigest()}{SUFFIX}").write_bytes(raw)
    except OSError as error:
        raise UnreadableError(f"{folder} cannot be written: {error.strerror}.") from error


def words(first: Checkpoint, second: Checkpoint) -> str:
    """Both of them, for a person."""
    one, other = (f"{each.size} entries, root {each.root.hex()[:16]}" for each in (first, second))
    return f"the log signed both {one} and {other}"
