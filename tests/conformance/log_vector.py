"""What a vector of docs/reference/spec/log.md asks, and what this implementation says to it."""

import base64

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.record.add_checkpoint import parse_add_checkpoint
from tacit.record.archive import kept_of, message_of
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import parse_note
from tacit.record.organisation_log import log_vkeys, open_checkpoint, organisation_policy, origin
from tacit.record.policy import parse_policy
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.record.proofs import verify_consistency, verify_inclusion
from tacit.record.tiles import decode_bundle, decode_tile, parse_path
from tacit.record.vkey import parse_vkey
from tests.conformance.octets import Case, Octets, Output


def shown(raw: bytes) -> str:
    """Octets in an output."""
    return base64.b64encode(raw).decode()


class TreeCase(Case, frozen=True, tag="tree"):
    """Leaves appended to a compact range."""

    size: int
    frontier: tuple[bytes, ...]
    leaves: tuple[Octets, ...]

    def run(self) -> Output:
        tree = CompactRange(self.size, self.frontier)
        for leaf in self.leaves:
            tree.append(leaf_hash(leaf.raw()))
        return {"size": tree.size, "root": shown(tree.root()), "frontier": [shown(node) for node in tree.frontier]}


class InclusionCase(Case, frozen=True, tag="inclusion"):
    index: int
    size: int
    leaf: bytes
    root: bytes
    proof: tuple[bytes, ...]

    def run(self) -> Output:
        verify_inclusion(self.index, self.size, self.leaf, self.proof, self.root)
        return {}


class ConsistencyCase(Case, frozen=True, tag="consistency"):
    old: int
    old_root: bytes
    new: int
    new_root: bytes
    proof: tuple[bytes, ...]

    def run(self) -> Output:
        verify_consistency(self.old, self.old_root, self.new, self.new_root, self.proof)
        return {}


class TilePathCase(Case, frozen=True, tag="tile_path"):
    path: str

    def run(self) -> Output:
        tile = parse_path(self.path)
        return {"level": "entries" if tile.level < 0 else tile.level, "index": tile.index, "width": tile.width}


class TileCase(Case, frozen=True, tag="tile"):
    width: int
    octets: Octets

    def run(self) -> Output:
        return {"last": shown(decode_tile(self.octets.raw(), self.width)[-1])}


class BundleCase(Case, frozen=True, tag="bundle"):
    width: int
    octets: Octets

    def run(self) -> Output:
        return {"leaf_hashes": [shown(leaf_hash(entry)) for entry in decode_bundle(self.octets.raw(), self.width)]}


class VkeyCase(Case, frozen=True, tag="vkey"):
    text: str

    def run(self) -> Output:
        found = parse_vkey(self.text)
        return {"name": found.name, "type": found.kind, "key_id": found.key_id.hex()}


class NoteCase(Case, frozen=True, tag="note"):
    """The form of a signed note; nothing is verified."""

    octets: Octets

    def run(self) -> Output:
        note = parse_note(self.octets.raw())
        return {"text": note.text, "signers": [f"{line.name}+{line.key_id.hex()}" for line in note.lines]}


class SignedNoteCase(Case, frozen=True, tag="signed_note"):
    """A signed note and the keys that are known."""

    vkeys: tuple[str, ...]
    octets: Octets

    def run(self) -> Output:
        found = verify_note(parse_note(self.octets.raw()), map(parse_vkey, self.vkeys))
        return {"verified": [f"{each.vkey.name}+{each.vkey.key_id.hex()}" for each in found]}


class CheckpointCase(Case, frozen=True, tag="checkpoint"):
    """The text of a note."""

    text: str

    def run(self) -> Output:
        found = parse_checkpoint(self.text)
        return {"origin": found.origin, "size": found.size}


class ProofFileCase(Case, frozen=True, tag="proof_file"):
    """A proof file, the entry that it is about, and the policy of whoever checks it."""

    policy: Octets
    entry: Octets
    octets: Octets

    def run(self) -> Output:
        proof = parse_proof_file(self.octets.raw())
        return {"size": verify_proof_file(proof, self.entry.raw(), parse_policy(self.policy.raw())).size}


class RequestCase(Case, frozen=True, tag="witness_request"):
    """The body of a question to a witness."""

    octets: Octets

    def run(self) -> Output:
        asked = parse_add_checkpoint(self.octets.raw())
        return {"old": asked.old, "hashes": len(asked.proof)}


class EquivocationCase(Case, frozen=True, tag="equivocation"):
    """A file of evidence, and the keys of the log that it is about."""

    vkeys: tuple[str, ...]
    octets: Octets

    def run(self) -> Output:
        found = check_equivocation(decode_equivocation(self.octets.raw()), tuple(map(parse_vkey, self.vkeys)))
        return {"sizes": [each.size for each in found]}


class LogEntryCase(Case, frozen=True, tag="log_entry"):
    """What the log holds for a message of the record's stream; and what is kept beside it gives the message back."""

    message: Octets
    entry: Octets

    def run(self) -> Output:
        kept = kept_of(self.entry.raw(), self.message.raw())
        return {"same": message_of(self.entry.raw(), kept) == self.message.raw()}


class PolicyCase(Case, frozen=True, tag="policy"):
    """A policy file, and a checkpoint that is checked against it (null: none)."""

    policy: Octets
    checkpoint: Octets | None

    def run(self) -> Output:
        policy = parse_policy(self.policy.raw())
        if self.checkpoint is None:
            return {"logs": len(policy.logs), "witnesses": len(policy.witnesses), "groups": len(policy.groups)}
        return {"size": policy.check(parse_note(self.checkpoint.raw())).checkpoint.size}


class OrganisationLogCase(Case, frozen=True, tag="organisation_log"):
    """The payload of a charter, and a checkpoint of the log that it names (null: none)."""

    charter: Octets
    checkpoint: Octets | None

    def run(self) -> Output:
        raw = self.charter.raw()
        content = acts.decode(raw).content
        assert isinstance(content, CharterDeposited)
        organisation = envelope.act_id(raw)
        policy = organisation_policy(organisation, content)
        if self.checkpoint is not None:
            return {"size": open_checkpoint(parse_note(self.checkpoint.raw()), policy).checkpoint.size}
        vkeys = [str(vkey) for vkey in log_vkeys(organisation, content)]
        return {"origin": origin(organisation), "vkeys": vkeys, "policy": policy.encode().decode()}
