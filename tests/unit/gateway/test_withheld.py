"""What is said of an entry to those who may not read it: just what the log has of it, whatever the message is."""

import pytest
from msgspec.structs import replace

from tacit import envelope
from tacit.ids import Digest
from tacit.record import Leaf, encode_entry
from tacit.record.archive import log_entry
from tacit.record.merkle import leaf_hash
from tacit.session import JSON, EntryWithheld, Withheld, entry_hash
from tacit.subjects import entry
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway.recent import Sendable
from tacit_services.ports import StoredMessage

WORLD = World()
SAID = WORLD.entries[-1]
RAW = encode_entry(SAID.leaf, envelope.encode(SAID.envelope))
SUBJECT = entry(WORLD.organisation, COUNCIL, EAST)


@pytest.mark.parametrize(
    ("raw", "leaf", "digest"),
    [
        (RAW, SAID.leaf, None),
        (b"no entry", None, envelope.digest(b"no entry")),
        (RAW + b" ", None, envelope.digest(RAW + b" ")),
    ],
    ids=["an entry", "octets", "a leaf and an envelope that it is not about"],
)
def test_whoever_may_not_read_an_entry_can_go_on_with_the_log(
    raw: bytes, leaf: Leaf | None, digest: Digest | None
) -> None:
    frame = JSON.decode_server(Sendable.of(StoredMessage(8, SUBJECT, raw), None, void=True).frame(JSON, shown=False))
    assert isinstance(frame, Withheld)
    assert (leaf, digest) == (frame.leaf, frame.digest)
    event = EntryWithheld(frame.index, frame.leaf, frame.void, frame.digest)

    assert leaf_hash(log_entry(raw)) == entry_hash(event)


def test_nothing_but_the_leaf_goes_into_the_hash_of_what_is_shown() -> None:
    moved = replace(SAID.leaf, index=SAID.leaf.index + 1)

    assert entry_hash(EntryWithheld(0, SAID.leaf, void=False)) != entry_hash(EntryWithheld(0, moved, void=False))
