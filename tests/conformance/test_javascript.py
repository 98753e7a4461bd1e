"""The vectors, judged by a few lines of JavaScript written from the pages alone: bytes, digests, Ed25519."""

import base64
from typing import Final

from hypothesis import Phase, find, settings, strategies

from tests.conformance import asyncapi, asyncapi_bus
from tests.conformance.octets import Octets
from tests.conformance.vector import (
    ACCEPTED,
    ActCase,
    DetachedCase,
    EnvelopeCase,
    KeysCase,
    LeafCase,
    SignaturesCase,
    Vector,
    files,
    load,
)
from tests.property.javascript import node, same_in_javascript

# profile 1, envelope 3, 4, 7, keys 2, 3, 7, 8; only what node's own library verifies.
JUDGE: Final = """
const { createHash, createPublicKey, verify } = require("crypto");
const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
const octets = (o) => o.utf8 !== undefined ? Buffer.from(o.utf8) : Buffer.from(o.base64, "base64");
const pae = (type, payload) => Buffer.concat([
  Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
const keyId = (key) => sha(JSON.stringify(key)).slice(0, 16);
const spki = (raw) => createPublicKey({ format: "der", type: "spki",
  key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]) });
const judges = {
  envelope(input) {
    const raw = octets(input.octets), envelope = JSON.parse(raw);
    const message = pae(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
    return { pae_sha256: sha(message), act_id: sha(message), envelope_sha256: sha(raw) };
  },
  keys(input) {
    const raw = octets(input.keys);
    return { key_ids: JSON.parse(raw).keys.map(keyId), fingerprint: sha(raw) };
  },
  signatures(input) {
    const envelope = JSON.parse(octets(input.envelope));
    const keys = input.signers.flatMap((signer) => JSON.parse(octets(signer)).keys);
    const message = pae(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
    return envelope.signatures.length === keys.length && keys.every((key, at) =>
      envelope.signatures[at].keyid === keyId(key) &&
      verify(null, message, spki(Buffer.from(key.key, "base64")), Buffer.from(envelope.signatures[at].sig, "base64")));
  },
};
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map((input) => judges[input.read](input))));
"""

VECTORS: Final[list[Vector]] = [load(path) for path in files()]


def octets_of(vector: Vector) -> Octets | None:
    """The bytes that a vector says are the one encoding of a value."""
    match vector.input:
        case ActCase(octets) | EnvelopeCase(octets) | LeafCase(octets) | DetachedCase(_, octets) | KeysCase(octets, _):
            return octets
    return None


def shown(octets: Octets) -> dict[str, str]:
    if octets.utf8 is not None:
        return {"utf8": octets.utf8}
    return {"base64": base64.b64encode(octets.base64 or b"").decode()}


def test_javascript_writes_every_accepted_vector_to_the_same_bytes() -> None:
    accepted = [octets_of(vector) for vector in VECTORS if vector.expect == ACCEPTED]
    texts = [octets.raw() for octets in accepted if octets is not None]

    assert len(texts) > 20
    assert [True] * len(texts) == same_in_javascript(texts)


def test_javascript_computes_the_same_digests() -> None:
    accepted = [vector for vector in VECTORS if vector.expect == ACCEPTED]
    given = [
        ({"read": "envelope", "octets": shown(vector.input.octets)}, vector.output)
        for vector in accepted
        if isinstance(vector.input, EnvelopeCase)
    ]
    given += [
        ({"read": "keys", "keys": shown(vector.input.keys)}, vector.output)
        for vector in accepted
        if isinstance(vector.input, KeysCase)
    ]

    assert len(given) > 5
    assert [output for _, output in given] == node(JUDGE, [case for case, _ in given])


def test_javascript_verifies_the_same_signatures() -> None:
    given = [
        (
            {
                "read": "signatures",
                "signers": [shown(signer) for signer in vector.input.signers],
                "envelope": shown(vector.input.envelope),
            },
            vector.expect == ACCEPTED,
        )
        for vector in VECTORS
        if isinstance(vector.input, SignaturesCase) and not vector.hedged
        if all('"mldsa65"' not in (signer.utf8 or "") for signer in vector.input.signers)
    ]

    assert {True, False} == {accepted for _, accepted in given}
    assert [accepted for _, accepted in given] == node(JUDGE, [case for case, _ in given])


PATTERNS: Final = """
const patterns = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (pattern, text) => new RegExp(pattern, "u").test(text);
const both = patterns.map(([pattern, text]) => [read(pattern, text), read(pattern, text + "\\n")]);
process.stdout.write(JSON.stringify(both));
"""


def patterns(node: object) -> set[str]:
    """Every pattern of a schema."""
    if isinstance(node, dict):
        own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
        return own.union(*map(patterns, node.values()))
    return set().union(*map(patterns, node)) if isinstance(node, list) else set()


def test_the_patterns_of_the_documents_mean_in_javascript_what_they_mean_here() -> None:
    every = sorted(patterns([asyncapi.document(), asyncapi_bus.document()]))
    # A word that fits, made from the pattern as Python reads it.
    any_one = settings(phases=[Phase.generate], database=None)
    made = [[each, find(strategies.from_regex(each, fullmatch=True), bool, settings=any_one)] for each in every]

    assert len(every) > 10
    assert [[True, False]] * len(every) == node(PATTERNS, made)
