"""All cases, all records, and what differs between them and the files."""

from collections.abc import Iterator

from tacit import envelope
from tacit.record import encode_entry
from tests.conformance.generate import (
    acknowledgement_cases,
    act_cases,
    bundle_cases,
    client_log_cases,
    decision_cases,
    envelope_cases,
    evidence_cases,
    fork_cases,
    founding_cases,
    keys_cases,
    log_cases,
    profile_cases,
    record_cases,
    referral_cases,
    register_cases,
    roster_cases,
    session_cases,
    silence_cases,
    talk_cases,
    tree_cases,
)
from tests.conformance.generate.case import Named
from tests.conformance.generate.stage import STAGES
from tests.conformance.vector import RECORDS, VECTORS, Record, Vector, files, load, write


def records() -> Iterator[tuple[str, bytes]]:
    """Every record by name, as it lies in its file."""
    for name, stage in STAGES.items():
        world = stage()
        messages = [encode_entry(entry.leaf, envelope.encode(entry.envelope)).decode() for entry in world.entries]
        yield name, write(Record((stage.__doc__ or "").strip(), tuple(messages)))


def cases() -> Iterator[Named]:
    """Every case."""
    yield from profile_cases.vectors()
    yield from envelope_cases.vectors()
    yield from session_cases.vectors()
    yield from client_log_cases.vectors()
    yield from keys_cases.vectors()
    yield from act_cases.vectors()
    yield from founding_cases.vectors()
    yield from record_cases.vectors()
    yield from register_cases.vectors()
    yield from talk_cases.vectors()
    yield from silence_cases.vectors()
    yield from decision_cases.vectors()
    yield from evidence_cases.vectors()
    yield from acknowledgement_cases.vectors()
    yield from roster_cases.vectors()
    yield from referral_cases.vectors()
    yield from log_cases.vectors()
    yield from tree_cases.vectors()
    yield from fork_cases.vectors()
    yield from bundle_cases.vectors()


def build() -> list[str]:
    """Bring the files up to date; the paths that changed."""
    changed = []
    for name, content in records():
        path = RECORDS / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            changed.append(f"records/{name}")
    named: dict[str, Vector] = {}
    for path_of_case, vector in cases():
        assert path_of_case not in named, path_of_case
        named[path_of_case] = vector
    for relative, vector in named.items():
        path = VECTORS / relative
        path.parent.mkdir(exist_ok=True)
        kept = path.exists() and vector.hedged and load(path).hedged
        if not kept and (not path.exists() or path.read_bytes() != write(vector)):
            path.write_bytes(write(vector))
            changed.append(relative)
    for path in files():
        if str(path.relative_to(VECTORS)) not in named:
            path.unlink()
            changed.append(f"{path.name}: removed")
    return changed
