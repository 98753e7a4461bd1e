"""The JSON formats as targets: acts and what carries them, frames, questions, lines."""

from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple, get_args

import msgspec

from tacit import acts, detached, envelope, profile, query, reading, submission
from tacit.acts import Act, CharterDeposited, EvidenceLodged
from tacit.audit import OtherSubmissionError, Retrial
from tacit.cli.lines import NotALineError, Told, decode_line, encode_line
from tacit.decision_bundle import Bundle, decode_bundle_file, encode_bundle_file, open_bundle
from tacit.envelope import Envelope
from tacit.ids import ActId, Suite
from tacit.keys import Verifier, check_keys
from tacit.record import (
    Entry,
    Leaf,
    Refusal,
    decode_entry,
    encode_entry,
    leaf,
    open_receipt,
    open_refusal,
    sign_receipt,
    sign_refusal,
)
from tacit.record.attestation import Attestation, read_attestation
from tacit.record.equivocation import Equivocation, check_equivocation, decode_equivocation, encode_equivocation
from tacit.record.organisation_log import organisation_policy
from tacit.record.policy import parse_policy
from tacit.record.refusal_file import RefusalFile, decode_refusal_file, encode_refusal_file
from tacit.rules import read_ruleset
from tacit.rules.exhibits import read_evidence
from tacit.session import CODECS, ClientFrame, Codec, ServerFrame
from tacit.submission import Submission
from tacit.testing import signer_for
from tacit.witness.attesting import read_shown
from tests.conformance.vector import KEYS_BYTES_MAX, KeySet
from tests.fuzz.log_formats import SIGNERS
from tests.fuzz.target import FORM, BentError, Target, lenient, refused_or_not, strict

REGISTRAR: Final = signer_for("ORG/registrar")
ENTRY: Final = (*FORM, "envelope.", "record.leaf")
SUITES: Final[tuple[Suite, ...]] = get_args(Suite)
_key_sets: Final = msgspec.json.Decoder(KeySet)
_registrar: Final = Verifier(REGISTRAR.keys)


def read_act(raw: bytes) -> Act:
    """An act, and what some acts carry that is read for itself."""
    act = acts.decode(raw)
    content = act.content
    if isinstance(content, CharterDeposited):
        refused_or_not(lambda: policy_of(envelope.act_id(raw), content), "log.key", "log.policy")
    if isinstance(content, EvidenceLodged):
        refused_or_not(lambda: read_evidence(content), "evidence.")
    return act


def policy_of(organisation: ActId, charter: CharterDeposited) -> None:
    """The policy that follows from a charter is one that a policy file can hold."""
    policy = organisation_policy(organisation, charter)
    if parse_policy(policy.encode()) != policy:
        raise BentError(policy)


def write_entry(entry: Entry) -> bytes:
    return encode_entry(entry.leaf, envelope.encode(entry.envelope))


def read_keys(raw: bytes) -> KeySet:
    """Keys, as they may be checked for any suite."""
    read = profile.decode(raw, _key_sets, KEYS_BYTES_MAX)
    for suite in SUITES:
        refused_or_not(partial(check_keys, read.keys, suite), "key.")
    return read


class Attested(NamedTuple):
    """An attestation and the envelope around it."""

    carried: Envelope
    attestation: Attestation


def read_attested(raw: bytes) -> Attested:
    carried = envelope.decode(raw, envelope.ATTESTATION_TYPE)
    return Attested(carried, read_attestation(carried))


def write_attested(found: Attested) -> bytes:
    return envelope.encode(msgspec.structs.replace(found.carried, payload=profile.encode(found.attestation)))


def read_bundle(raw: bytes) -> Bundle:
    """A bundle, and whether it proves anything."""
    bundle = decode_bundle_file(raw)
    refused_or_not(lambda: open_bundle(bundle))
    return bundle


def read_equivocation(raw: bytes) -> Equivocation:
    """Evidence of two histories, and whether it proves anything."""
    found = decode_equivocation(raw)
    refused_or_not(lambda: check_equivocation(found, tuple(signer.vkey for signer in SIGNERS)))
    return found


def read_receipt(raw: bytes) -> Leaf:
    return open_receipt(raw, _registrar)


def write_receipt(found: Leaf) -> bytes:
    return envelope.encode(sign_receipt(found, REGISTRAR))


def read_refusal(raw: bytes) -> Refusal:
    return open_refusal(raw, _registrar)


def write_refusal(found: Refusal) -> bytes:
    return envelope.encode(sign_refusal(found, REGISTRAR))


def read_refusal_file(raw: bytes) -> RefusalFile:
    """A refusal and what was refused, and whether it can be judged again."""
    file = decode_refusal_file(raw)
    with suppress(OtherSubmissionError):
        refused_or_not(lambda: Retrial(file))
    return file


def read_rules(raw: bytes) -> None:
    """A rule-set is laid out for people and named by the hash of its bytes: it is not written again."""
    found = read_ruleset(raw)
    if found.ref.sha256 != envelope.digest(raw):
        raise BentError(found.ref)


def at_the_registrar(raw: bytes) -> None:
    """A submission: the registrar keeps the bytes of the envelope as they came."""
    read = reading.read(raw)
    again = submission.encode(Submission(read.envelope, read.detached))
    if again != raw or read.envelope_bytes != envelope.encode(read.envelope):
        raise BentError(f"{raw!r} came out as {again!r}")


def line_of(entry: bytes) -> bytes:
    return encode_line(entry, Told(index=0, words="", effects=(), void=False))


def frames(codec: Codec) -> list[Target]:
    """Frames of either side in one subprotocol."""

    def client(raw: bytes) -> ClientFrame:
        codec.ref_of(raw)
        return codec.decode_client(raw)

    def server(raw: bytes) -> ServerFrame:
        codec.ref_of(raw)
        return codec.decode_server(raw)

    kind = codec.subprotocol.partition("+")[2]
    rules = (*FORM, "session.unknown_frame")
    return [
        Target(f"client-{kind}", strict(client, codec.encode), rules),
        Target(f"server-{kind}", strict(server, codec.encode), rules),
    ]


TARGETS: Final = [
    Target("act", strict(read_act, acts.encode), FORM),
    Target("envelope", strict(envelope.decode, envelope.encode), (*FORM, "envelope.")),
    Target("leaf", strict(leaf.decode, leaf.encode), FORM),
    Target("entry", strict(decode_entry, write_entry), ENTRY),
    Target("detached", strict(detached.decode, profile.encode), FORM),
    Target("submission", strict(submission.decode, submission.encode), FORM),
    Target("registrar", at_the_registrar, (*FORM, "envelope.")),
    Target("shown", strict(lambda raw: read_shown(raw)[0], submission.encode), (*FORM, "envelope.", "detached.")),
    Target("answer", strict(submission.decode_answer, submission.encode_answer), FORM),
    Target("keys", strict(read_keys, profile.encode), FORM),
    Target("receipt", strict(read_receipt, write_receipt), (*FORM, "envelope.", "signature.")),
    Target("refusal", strict(read_refusal, write_refusal), (*FORM, "envelope.", "signature.")),
    Target("refusal-file", strict(read_refusal_file, encode_refusal_file), (*FORM, "envelope.")),
    Target("attestation", strict(read_attested, write_attested), (*FORM, "envelope.", "signature.count")),
    Target("equivocation", strict(read_equivocation, encode_equivocation), FORM),
    Target("decision-bundle", strict(read_bundle, encode_bundle_file), FORM),
    Target("ruleset", read_rules, FORM),
    Target("query", lenient(query.decode, query.encode), (), (query.NotAQueryError,)),
    Target("rows", lenient(query.decode_answer, query.encode_answer), (), (query.NotAnAnswerError,)),
    Target("line", lenient(decode_line, line_of), (), (NotALineError,)),
    *(target for codec in CODECS.values() for target in frames(codec)),
]
