"""Opening a bundle: what it proves, with nothing but the organisation's id or a policy to trust.

Spec: docs/reference/spec/bundle.md.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

from tacit.acts import CharterDeposited, Header, RegistrarTerm, SilencePassed
from tacit.decision_bundle.choosing import Told, choose, lodged_in
from tacit.decision_bundle.form import Bundle, Proven
from tacit.detached import Detached, check_detached
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, BodyId, ChannelId, CredentialId
from tacit.record import Entry, decode_entry
from tacit.record.merkle import leaf_hash
from tacit.record.note import parse_note
from tacit.record.organisation_log import open_checkpoint, organisation_policy, origin
from tacit.record.policy import Accepted, Policy
from tacit.record.proofs import verify_inclusion
from tacit.rules import Effect, State, Verifiers, apply, catalogue, check_signatures, genesis, signing_keys
from tacit.rules.effects import EntryVoid, TextAgreed, TextCounted
from tacit.rules.state import Chain, Text


class Opened(NamedTuple):
    """What a bundle proves."""

    charter: CharterDeposited
    accepted: Accepted
    decision: Entry
    version: ActId
    """The act that issued the version decided on."""
    told: tuple[Entry, ...]
    """What it hangs on, in order: acts on the register, and of the body."""
    others: int
    """Further entries that are shown only to be nothing that it hangs on."""
    first: int
    """The index of the first act of the body that it hangs on."""
    hidden: int
    """Entries from there to the decision that are not shown: what they say is not known."""
    state: State
    """What the rules make of the acts shown."""
    text: Detached | None

    @property
    def received_at(self) -> datetime:
        """When the decision was received."""
        return self.decision.leaf.received_at

    @property
    def ahead_s(self) -> float:
        """By how much it was received, it says, after witnesses had cosigned it; 0 if it was not, or no time is named.

        More than clocks differ by means that the outcome was stated before its time (decision 45).
        """
        times = self.accepted.times_s
        return max(0.0, self.received_at.timestamp() - median_low(times)) if times else 0.0

    @property
    def wording(self) -> Text | None:
        """The version decided on."""
        bodies = self.state.bodies.values()
        return next((body.texts[self.version] for body in bodies if self.version in body.texts), None)


def open_bundle(bundle: Bundle, policy: Policy | None = None) -> Opened:
    """Check a bundle; without a policy under the one of its own charter, which its organisation's id stands for.

    Raises:
        RefusedError: the first rule that something in it breaks: `bundle.content`, `record.*`, `log.*`, `detached.*`,
            or the rule for which an act would not have been admitted.
    """
    entries = [_read(each) for each in bundle.entries]
    charter = _charter(bundle, entries)
    accepted = _accepted(bundle, charter, policy)
    for each in bundle.entries:
        verify_inclusion(
            each.index, accepted.checkpoint.size, leaf_hash(each.leaf), each.proof, accepted.checkpoint.root
        )
    chosen = choose((Told(each.leaf.index, each.leaf.act, each.act) for each in entries), bundle.decision)
    if entries[-1].leaf.act != bundle.decision:
        raise RefusedError(Rule.BUNDLE_CONTENT, "its last entry is not the decision")
    state, effects = _folded(entries, chosen)
    version = _version(entries[-1], effects, state)
    told = tuple(each for each in entries if each.leaf.index in chosen)
    if bundle.text is not None:
        _check_text(bundle.text, version, told)
    first = next(each.leaf.index for each in told if each.act.header.body is not None)
    shown = sum(each.leaf.index >= first for each in entries)
    hidden = entries[-1].leaf.index - first + 1 - shown
    others = len(entries) - len(told)
    return Opened(charter, accepted, entries[-1], version, told, others, first, hidden, state, bundle.text)


def _read(proven: Proven) -> Entry:
    entry = decode_entry(proven.leaf + b"\n" + proven.envelope)
    if entry.leaf.index != proven.index:
        raise RefusedError(Rule.BUNDLE_CONTENT, f"entry {entry.leaf.index} in the place of {proven.index}")
    return entry


def _charter(bundle: Bundle, entries: Sequence[Entry]) -> CharterDeposited:
    indices = [each.leaf.index for each in entries]
    if any(after <= before for before, after in pairwise(indices)):
        raise RefusedError(Rule.BUNDLE_CONTENT, "its entries are not in order")
    content = entries[0].act.content
    if not isinstance(content, CharterDeposited) or entries[0].leaf.act != bundle.organisation:
        raise RefusedError(Rule.BUNDLE_CONTENT, "it does not begin with the charter of its organisation")
    return content


def _accepted(bundle: Bundle, charter: CharterDeposited, policy: Policy | None) -> Accepted:
    note = parse_note(bundle.checkpoint)
    if policy is None:
        accepted = open_checkpoint(note, organisation_policy(bundle.organisation, charter))
    else:
        accepted = policy.check(note)
    if accepted.checkpoint.origin != origin(bundle.organisation):
        raise RefusedError(Rule.BUNDLE_CONTENT, "its checkpoint is of another log")
    return accepted


def _folded(entries: Sequence[Entry], chosen: set[int]) -> tuple[State, tuple[Effect, ...]]:
    """Fold what the decision hangs on as if it were the whole record. Of the rest only the signatures are checked."""
    state, verifiers, effects = genesis(catalogue()), Verifiers(), tuple[Effect, ...]()
    for entry in entries:
        if entry.leaf.index not in chosen:
            check_signatures(signing_keys(state, entry.act, verifiers), entry.envelope)
            continue
        _make_room(state, entry)
        effects = apply(state, entry, verifiers)
        for effect in effects:
            if isinstance(effect, EntryVoid):
                raise RefusedError(effect.rule, f"entry {effect.index}: {effect.detail}")
    return state, effects


def _make_room(state: State, entry: Entry) -> None:
    """Take the place of an entry, and in a body that of an act in its author's chain, as the log says.

    On the register nothing is left out of a chain: all acts on it must be shown.
    """
    header, content = entry.act.header, entry.act.content
    since = content.unavailable_since if isinstance(content, RegistrarTerm) else None
    last = state.last_received_at
    if since is not None and state.size != entry.leaf.index and (last is None or since > last):
        state.last_received_at = since
    state.size = entry.leaf.index
    if header.body is None:
        return
    lodged = lodged_in(entry.act)
    if lodged is not None and lodged.header.body == header.body:
        # It takes its own place, and right before the act that lodges it where both are of one author.
        _make_room_in_chain(state, lodged.header)
        if _place(lodged.header) == _place(header) and lodged.header.number + 1 == header.number:
            return
    _make_room_in_chain(state, header)


def _make_room_in_chain(state: State, header: Header) -> None:
    known = state.chains.get(_place(header))
    if header.number > 1 and (known is None or known.number + 1 < header.number):
        state.chains[_place(header)] = Chain(header.number - 1, header.previous)


def _place(header: Header) -> tuple[CredentialId, BodyId | None, ChannelId | None]:
    return (header.credential, header.body, header.channel)


def _version(decision: Entry, effects: tuple[Effect, ...], state: State) -> ActId:
    for effect in effects:
        if isinstance(effect, TextAgreed | TextCounted):
            return effect.text
    content, body = decision.act.content, decision.act.header.body
    if isinstance(content, SilencePassed) and body is not None:
        return state.bodies[body].silences[content.silence].text
    raise RefusedError(Rule.BUNDLE_CONTENT, "its last act decides nothing")


def _check_text(text: Detached, version: ActId, told: Sequence[Entry]) -> None:
    issued = next((each for each in told if each.leaf.act == version), None)
    check_detached(issued.act.header.detached if issued is not None else None, text)
