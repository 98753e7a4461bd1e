"""Evidence in words: what was lodged, and what followed."""

from collections.abc import Callable
from typing import assert_never

from tacit.acts import EvidenceLodged, decode, tag
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION, ActId
from tacit.rules.effects import ActContested, BreakProven, OutcomeVoided, ProofCameLate


def describe_lodged(content: EvidenceLodged) -> str:
    """What is lodged: "an act of XAA (silence.broken.v1), with 2 attestations"."""
    proof = f"{len(content.attestations)} attestations" + (" and a receipt" if content.receipt else "")
    try:
        act = decode(content.envelope.payload)
    except RefusedError:
        return f"what cannot be read as an act, with {proof}"
    header = act.header
    author = header.office if header.state == ORGANISATION else header.state
    return f"an act of {author} ({tag(act.content)}), with {proof}"


def describe_proof(
    effect: BreakProven | ProofCameLate | ActContested | OutcomeVoided, reference: Callable[[ActId], str]
) -> str:
    """What evidence, or what the chair made of it, has brought about."""
    match effect:
        case BreakProven():
            return f"proven: {effect.attested} witnesses saw {effect.state} break it in time ({effect.needed} needed)"
        case ProofCameLate():
            if effect.late_s < 0:
                return "proven, when the silence was void already: it stays so"
            return (
                f"proven, {effect.late_s:.3f} s after the closing period: the chair may void the silence, if it is not"
            )
        case ActContested():
            return f"contested: by its receipt the act is entry {effect.index}, and the record lacks it"
        case OutcomeVoided():
            decision = "and its decision are" if effect.decision else "is"
            return f"the silence on {reference(effect.silence)} {decision} void"
        case _:
            assert_never(effect)
