"""What a registrar asks beyond the fold when an act is handed in: whether its number is taken already, and by what.

Whoever has the record up to the same size asks the same and must get the same answer (docs/reference/spec/refusals.md).
"""

from datetime import datetime

from tacit.acts import Act, CharterAccepted, CharterDeposited, RegistrarTerm
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId
from tacit.keys import fingerprint
from tacit.rules.fold import admit
from tacit.rules.state import State


def is_taken(state: State, act: Act) -> bool:
    """Whether the act's number is used up in its author's chain: then it is a repeat, or another act's number."""
    header = act.header
    chain = state.chains.get((header.credential, header.body, header.channel))
    return chain is not None and header.number <= chain.number and _is_owner(act)


def _is_owner(act: Act) -> bool:
    """Whether the keys that signed are those of the credential that the header names.

    Founding acts bring their keys along. Without this a stranger could have a member reported for equivocation.
    """
    content = act.content
    if not isinstance(content, CharterDeposited | CharterAccepted):
        return True
    return fingerprint(content.root) == act.header.credential


def refused_as_taken(state: State, act: Act, act_id: ActId) -> RefusedError:
    """Why an act whose number is taken is not recorded, unless it stands in the record itself."""
    body = state.bodies.get(act.header.body or "")
    if body is not None and act_id in body.lodged:
        return RefusedError(Rule.NUMBER_USED, "the act stands in the record within evidence")
    return RefusedError(Rule.EQUIVOCATION, f"number {act.header.number} is taken by another act")


def admit_handed_in(state: State, act: Act, act_id: ActId, received_at: datetime) -> None:
    """Check what `fold.admit` checks of an act that somebody hands in.

    Raises:
        RefusedError: as `admit`, and `registrar.term` for an act that a registrar alone records.
    """
    if isinstance(act.content, RegistrarTerm):
        raise RefusedError(Rule.TERM, "a registrar records its own term")
    admit(state, act, act_id, received_at)
