"""`tacit bundle`: one file that proves one decision to an outsider."""

from pathlib import Path
from typing import Final

import click

from tacit.acts import (
    DecisionAdopted,
    MessagePosted,
    PositionDeclared,
    RevisionIssued,
    SilencePassed,
    SilenceSet,
    TallyRecorded,
    TextCirculated,
)
from tacit.audit import LeafStore, Tree
from tacit.cli.bundle_view import show_bundle
from tacit.cli.evidence import Evidence, open_evidence
from tacit.cli.options import FILE, FOLDER, read_policy
from tacit.cli.progress import progress_bar
from tacit.cli.proving import charter_policy, entry_in, hashes_of, items_of, prove, read_act, standing
from tacit.cli.source import UnreadableError
from tacit.cli.verifying import FileLeaves
from tacit.decision_bundle import Bundle, Proven, Told, choose, encode_bundle_file, open_bundle
from tacit.detached import Detached
from tacit.detached import decode as decode_detached
from tacit.envelope import encode as encode_envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.record import Entry
from tacit.record import leaf as leaf_format
from tacit.record.archive import folder_of
from tacit.record.merkle import leaf_hash
from tacit.record.policy import Policy

PREFIX_CHARS_MIN: Final = 8
"""Of an act id that is shortened."""
_STEP: Final = 1_024

Deciding = DecisionAdopted | SilencePassed | TallyRecorded


@click.command(epilog="\b\nExample:\n  tacit bundle 'C-M(2026)0001' archive -o decision.tacit")
@click.argument("decision")
@click.argument("source")
@click.option("-o", "--output", "target", type=FILE, required=True, help="The file.")
@click.option("--range", "whole_range", is_flag=True,
              help="Show everything at hand between the first act and the decision, too.")  # fmt: skip
@click.option("--policy", type=FILE, help="A tlog-policy file; without it the policy follows from the charter.")
@click.option("--envelopes", type=FOLDER, help="Envelopes and bodies, laid out as in an archive.")
def bundle(
    decision: str, source: str, target: Path, policy: Path | None, envelopes: Path | None, *, whole_range: bool
) -> None:
    """Write one file that proves one decision: charter, keys, text, positions or silence, proofs, checkpoint.

    DECISION is the reference of a text, the index or the id of the act that decided (the first 8 digits are enough).
    """
    with open_evidence(source, envelopes) as evidence, FileLeaves() as leaves:
        given = read_policy(policy) if policy else None
        made = Maker(evidence, given, leaves).make(decision, whole_range=whole_range)
    try:
        opened = open_bundle(made, given)
    except RefusedError as error:
        raise UnreadableError(f"what is at hand does not prove the decision ({error}).") from error
    try:
        target.write_bytes(encode_bundle_file(made))
    except OSError as error:
        raise UnreadableError(f"{target} cannot be written: {error.strerror}.") from error
    show_bundle(str(target), opened)


class Maker:
    """Makes a bundle from a source in two passes: what was decided, and then who took which position on it."""

    def __init__(self, evidence: Evidence, policy: Policy | None, leaves: LeafStore) -> None:
        self._evidence, self._given = evidence, policy
        self._tree = Tree(leaves)
        self._entries: dict[int, Entry] = {}

    def make(self, wanted: str, *, whole_range: bool) -> Bundle:
        """The bundle of a decision; nothing in it is verified yet. Raises UnreadableError."""
        self._read()
        decision = self._find(wanted)
        last, organisation = decision.leaf.index, decision.leaf.organisation
        chosen = choose(self._told(), decision.leaf.act)
        first = min(at for at in chosen if self._entries[at].act.header.body is not None)
        shown = self._read_again(chosen, first, last, whole_range=whole_range)
        chosen = choose(self._told(), decision.leaf.act) | shown
        at = standing(self._evidence, self._policy(), last, by_charter=self._given is None)
        read = hashes_of(self._evidence, at) if self._evidence.has_log else self._tree.node
        proven = []
        for index in sorted(chosen):
            entry = self._entries[index]
            leaf = leaf_format.encode(entry.leaf)
            proven.append(Proven(index, leaf, encode_envelope(entry.envelope), prove(index, leaf, at, read)))
        text = self._text(self._version(decision))
        return Bundle(1, organisation, decision.leaf.act, at.note.encode(), tuple(proven), text)

    def _policy(self) -> Policy:
        return self._given or charter_policy(self._evidence)

    def _read(self) -> None:
        """Keep what may matter, but positions and messages, of which there may be very many."""
        with progress_bar() as progress:
            task = progress.add_task("reading", total=self._evidence.size)
            for index, item in enumerate(items_of(self._evidence)):
                if not self._evidence.has_log:
                    self._tree.append(leaf_hash(entry_in(item)))
                entry = read_act(item)
                if entry is not None and not isinstance(entry.act.content, PositionDeclared | MessagePosted):
                    self._entries[index] = entry
                if index % _STEP == 0:
                    progress.update(task, completed=index)

    def _told(self) -> list[Told]:
        return [Told(index, each.leaf.act, each.act) for index, each in sorted(self._entries.items())]

    def _find(self, wanted: str) -> Entry:
        versions = self._versions(wanted)
        short = len(wanted) >= PREFIX_CHARS_MIN
        found = [
            each
            for index, each in sorted(self._entries.items())
            if isinstance(each.act.content, Deciding)
            and (
                str(index) == wanted
                or (short and each.leaf.act.startswith(wanted))
                or (not isinstance(each.act.content, SilencePassed) and each.act.content.version.text in versions)
            )
        ]
        if not found:
            decisions = (at for at, each in sorted(self._entries.items()) if isinstance(each.act.content, Deciding))
            decided = ", ".join(map(str, decisions))
            raise UnreadableError(
                f"nothing that is at hand decides {wanted}: name a text, an act or an index; decisions stand at "
                f"{decided or 'no entry'}."
            )
        return found[-1]

    def _versions(self, reference: str) -> set[ActId]:
        versions: set[ActId] = set()
        for _, entry in sorted(self._entries.items()):
            content = entry.act.content
            if (isinstance(content, TextCirculated) and content.reference == reference) or (
                isinstance(content, RevisionIssued) and content.supersedes in versions
            ):
                versions.add(entry.leaf.act)
        return versions

    def _read_again(self, chosen: set[int], first: int, last: int, *, whole_range: bool) -> set[int]:
        """Take up positions on what was chosen, and of the range whatever is to be shown."""
        ids = {self._entries[at].leaf.act for at in chosen}
        shown: set[int] = set()
        for index, item in enumerate(items_of(self._evidence, first), first):
            if index > last:
                break
            entry = read_act(item)
            if entry is None:
                continue
            content = entry.act.content
            if isinstance(content, PositionDeclared) and content.version.text in ids:
                self._entries[index] = entry
            elif whole_range:
                self._entries[index] = entry
                shown.add(index)
        return shown

    def _version(self, decision: Entry) -> ActId:
        content = decision.act.content
        if isinstance(content, SilencePassed):
            opened = next(each for each in self._entries.values() if each.leaf.act == content.silence)
            content = opened.act.content
        return content.version.text if isinstance(content, DecisionAdopted | TallyRecorded | SilenceSet) else ""

    def _text(self, version: ActId) -> Detached | None:
        issued = next((each for each in self._entries.values() if each.leaf.act == version), None)
        if issued is None or issued.act.header.detached is None:
            return None
        header = issued.act.header
        raw = self._evidence.body(folder_of((header.body, header.channel)), header.detached or "")
        try:
            return decode_detached(raw) if raw is not None else None
        except RefusedError as error:
            raise UnreadableError(f"the text at hand is damaged ({error.rule}): verify the source.") from error
