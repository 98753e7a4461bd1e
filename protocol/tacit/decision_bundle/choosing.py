"""Which acts a decision hangs on: those that it names, those that these name, and those that name any of them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from tacit import acts
from tacit.acts import Act, ChannelOpened, EvidenceLodged, PositionDeclared, ReferenceAllotted, TextCirculated
from tacit.errors import RefusedError
from tacit.ids import ActId

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


class Told(NamedTuple):
    """An act and where it stands."""

    at: int
    act_id: ActId
    act: Act


def choose(shown: Iterable[Told], decision: ActId) -> set[int]:
    """The indices of the acts that a decision hangs on, of those given in the order of the record.

    They are all acts on the register, and of the decision's body: whatever the decision names, and whatever those name,
    back to the first; whatever names one of these, forward to the decision; and how its channel was opened and its
    numbers allotted. Empty where the decision is not among them.
    """
    told = list(shown)
    last = next((each for each in told if each.act_id == decision), None)
    if last is None:
        return set()
    header = last.act.header
    there = [each for each in told if each.act.header.body == header.body and each.at <= last.at]
    names = {each.at: frozenset(_names(each.act)) for each in there}
    ids = _ancestors(there, names, decision)
    chosen = {each.at for each in told if each.act.header.body is None and each.at <= last.at}
    references = {
        each.act.content.reference
        for each in there
        if each.act_id in ids and isinstance(each.act.content, TextCirculated)
    }
    for each in there:
        content = each.act.content
        if each.act_id in ids or names[each.at] & ids:
            ids.add(each.act_id)
            chosen.add(each.at)
        elif isinstance(content, ChannelOpened) or (
            isinstance(content, ReferenceAllotted) and content.reference in references
        ):
            chosen.add(each.at)
    return chosen


def _ancestors(there: list[Told], names: dict[int, frozenset[ActId]], decision: ActId) -> set[ActId]:
    known = {each.act_id for each in there}
    ids = {decision}
    for each in reversed(there):
        if each.act_id in ids and not isinstance(each.act.content, PositionDeclared):
            ids |= names[each.at] & known
    return ids


def _names(act: Act) -> Iterator[ActId]:
    """Every act id, or what may be one, in the content of an act; of evidence also those in the act that it lodges."""
    yield from _digests(msgspec.to_builtins(act.content))
    lodged = lodged_in(act)
    if lodged is not None:
        yield from _digests(msgspec.to_builtins(lodged.content))


def lodged_in(act: Act) -> Act | None:
    """The act that evidence lodges: it stands there as signed octets. None where there is none that can be read."""
    if not isinstance(act.content, EvidenceLodged):
        return None
    try:
        return acts.decode(act.content.envelope.payload)
    except RefusedError:
        return None


def _digests(plain: object) -> Iterator[str]:
    if isinstance(plain, str):
        if _DIGEST.match(plain):
            yield plain
    elif isinstance(plain, dict):
        for item in plain.values():
            yield from _digests(item)
    elif isinstance(plain, list | tuple):
        for item in plain:
            yield from _digests(item)
