"""What a record amounts to, in words that outlast the shape of the state: the part that must be the same for ever."""

import hashlib
from typing import Final

import msgspec

from tacit.rules import State
from tacit.rules.state import Body, Decision, Silence, Text

Result = dict[str, object]
_encoder: Final = msgspec.json.Encoder(order="sorted")


def result(state: State) -> Result:
    """Everything that an act has settled or left open."""
    return {
        "organisation": state.organisation,
        "size": state.size,
        "void": state.void,
        "term": state.term,
        "last_received_at": state.last_received_at,
        "in_force": state.in_force,
        "offices": {
            f"{office.state}/{office.office}": {"commits": office.commits, "credential": office.credential}
            for office in state.offices.values()
        },
        "credentials": {
            each.credential: {"of": f"{each.state}/{each.office}", "revoked_at": each.revoked_at}
            for each in state.credentials.values()
        },
        "chains": {
            f"{credential} {body} {channel}": {"number": chain.number, "head": chain.head}
            for (credential, body, channel), chain in state.chains.items()
        },
        "bodies": {body.body: _body(body) for body in state.bodies.values()},
    }


def _body(body: Body) -> Result:
    found: Result = {
        "members": body.members,
        "levels": {channel.channel: channel.level for channel in body.channels.values()},
        "references": body.references,
        "texts": {text.text: _text(text) for text in body.texts.values()},
        "silences": {silence.silence: _silence(silence) for silence in body.silences.values()},
        "consultations": {
            each.consultation: {"status": each.status, "outcome": each.outcome, "invoking": each.invoking}
            for each in body.consultations.values()
        },
        "decisions": {each.decision: _decision(each) for each in body.decisions.values()},
    }
    # Rooms that came later are shown where they are not empty: a record that was frozen before keeps its fingerprint.
    items = {each.taken_up_by: [each.source, each.referral, each.item] for each in body.items.values()}
    found |= {"items": items} if items else {}
    found |= {"removed": body.removed} if body.removed else {}
    return found | ({"acknowledgements": _acknowledgements(body)} if body.acknowledgements else {})


def _text(text: Text) -> Result:
    return (
        {
            "reference": text.reference,
            "revision": text.revision,
            "status": text.status,
            "wording": text.wording,
            "positions": {f"{state} {scope}": stance for (state, scope), stance in text.positions.items()},
            "decision": text.decision,
        }
        | ({"tally": text.tally} if text.tally else {})
        | ({"lineage": text.lineage} if text.lineage else {})
    )


def _silence(silence: Silence) -> Result:
    return {
        "text": silence.text,
        "deadline": silence.deadline.at,
        "status": silence.status,
        "breakers": silence.breakers,
        "late": silence.late,
        "requests": silence.requests,
        "jeopardised": silence.jeopardised,
        "passed_by": silence.passed_by,
    } | ({"evidence": silence.evidence} if silence.evidence else {})


def _decision(decision: Decision) -> Result:
    found: Result = {"text": decision.text, "mode": decision.mode}
    return found | ({"voided_by": decision.voided_by} if decision.voided_by else {})


def _acknowledgements(body: Body) -> Result:
    return {
        each.request: {
            "act": each.act,
            "kind": each.kind,
            "deadline": each.deadline.at,
            "status": each.status,
            "missing": each.missing,
            "late": each.late,
        }
        for each in body.acknowledgements.values()
    }


def plain(value: object) -> object:
    """As it comes back from a file."""
    return msgspec.json.decode(_encoder.encode(value))


def fingerprint(value: object) -> str:
    """SHA-256 over the value as JSON with sorted keys."""
    return hashlib.sha256(_encoder.encode(value)).hexdigest()
