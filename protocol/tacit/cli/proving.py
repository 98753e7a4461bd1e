"""Proofs from a source: the tree over its entries, the last checkpoint that counts, and a proof for an entry."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tacit.acts import CharterDeposited
from tacit.audit import Item, Judged, judge_checkpoint
from tacit.audit.passing import message_of
from tacit.cli.archive import StoppedError
from tacit.cli.evidence import Evidence
from tacit.cli.source import UnreadableError
from tacit.errors import RefusedError
from tacit.record import Entry, decode_entry
from tacit.record.archive import log_entry
from tacit.record.merkle import leaf_hash
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import organisation_policy
from tacit.record.policy import Policy
from tacit.record.proofs import HashReader, Proof, inclusion_proof, verify_inclusion
from tacit.record.tiles import TileHashes

Advance = Callable[[int], None]


class Standing(NamedTuple):
    """A checkpoint that the policy accepts."""

    note: Note
    size: int
    root: bytes


def message_in(item: Item) -> bytes | None:
    """The message of the record's stream; None where the envelope is withheld."""
    return None if item.kept is None else message_of(item.entry, item.kept)


def entry_in(item: Item) -> bytes:
    """The entry of the log."""
    return item.entry if item.entry is not None else log_entry(item.kept or b"")


def read_act(item: Item) -> Entry | None:
    """The entry with its act; None where it is withheld or cannot be read."""
    message = message_in(item)
    try:
        return None if message is None else decode_entry(message)
    except RefusedError:
        return None


def items_of(evidence: Evidence, first: int = 0) -> Iterator[Item]:
    """Every entry from `first` on. Raises UnreadableError, also where a file of the log is missing or damaged."""
    try:
        yield from evidence.items(first)
    except StoppedError as error:
        raise UnreadableError(f"{error.finding.rule} at entry {error.finding.index}: verify the source.") from error


def charter_policy(evidence: Evidence) -> Policy:
    """The policy that follows from entry 0. Raises UnreadableError."""
    item = next(items_of(evidence), None)
    first = read_act(item) if item is not None else None
    content = first.act.content if first is not None else None
    if first is None or not isinstance(content, CharterDeposited):
        raise UnreadableError("the charter is not at hand: name a policy with --policy.")
    try:
        return organisation_policy(first.leaf.act, content)
    except RefusedError as error:
        raise UnreadableError(f"there is no log to prove from: {error.detail}.") from error


def standing(evidence: Evidence, policy: Policy, index: int, *, by_charter: bool) -> Standing:
    """The largest checkpoint over an entry that the policy accepts. Raises UnreadableError."""
    best: Standing | None = None
    for held in evidence.checkpoints():
        if held.size <= index or held.size > evidence.size:
            continue
        judged: Judged = judge_checkpoint(held.name, held.raw, policy, every_log_key=by_charter)
        if judged.finding is None and judged.checkpoint is not None and judged.checkpoint.size == held.size:
            best = Standing(parse_note(held.raw), held.size, judged.checkpoint.root)
    if best is None:
        raise UnreadableError(f"no checkpoint that the policy accepts covers entry {index} yet.")
    return best


def hashes_of(evidence: Evidence, at: Standing) -> HashReader:
    """The hashes of the log's files. Raises UnreadableError where a tile is missing."""

    def read(tile: object) -> bytes:
        raise UnreadableError(f"{tile} is missing: verify the source.")

    return TileHashes(lambda tile: evidence.tile(tile) or read(tile.path), at.size)


def prove(index: int, entry: bytes, at: Standing, read: HashReader) -> Proof:
    """The proof that an entry is under a checkpoint, checked. Raises UnreadableError."""
    try:
        proof = inclusion_proof(index, at.size, read)
        verify_inclusion(index, at.size, leaf_hash(entry), proof, at.root)
    except RefusedError as error:
        raise UnreadableError(f"entry {index} is not shown to be in the log ({error}): verify the source.") from error
    return proof
