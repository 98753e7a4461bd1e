"""What others published about the formats and primitives that we rest on; without it, our own small cases."""

import json
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tacit import acts, profile, submission
from tacit.acts import Act, MessagePosted
from tacit.detached import Detached
from tacit.detached import decode as decode_detached
from tacit.envelope import Signature, pae
from tacit.errors import RefusedError, Rule
from tacit.keys import Key, Verifier, check_keys, key_id
from tacit.submission import Unavailable
from tacit.testing import World
from tests.conformance import published
from tests.property.formats import FORMATS

shared = pytest.mark.requires("shared")

# RFC 8032, section 7.1, TEST 1.
RFC8032_KEY: Final = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
RFC8032_SIGNATURE: Final = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
    "5141438e7a100b"
)
NOT_JSON: Final = [
    b"",
    b"[",
    b"nul",
    b"[1,]",
    b'{"a":1,}',
    b"'a'",
    b"[NaN]",
    b"[-]",
    b"[1 2]",
    b"\xff",
    b'"\x00"',
    b"[01]",
]


def verifies(algorithm: str, key: bytes, message: bytes, signature: bytes) -> bool:
    """What the verifier of this key says; anything but yes or a refusal fails the test."""
    public = msgspec.convert({"purpose": "sign", "algorithm": algorithm, "key": key}, Key)
    try:
        Verifier((public,)).verify(message, (Signature(key_id(public), signature),))
    except RefusedError as error:
        if error.rule not in {Rule.SIGNATURE_INVALID, Rule.KEY_UNSAFE}:
            raise
        return False
    return True


def test_the_first_test_of_rfc_8032_verifies() -> None:
    key, signature = bytes.fromhex(RFC8032_KEY), bytes.fromhex(RFC8032_SIGNATURE)

    assert verifies("ed25519", key, b"", signature)
    assert not verifies("ed25519", key, b"\0", signature)


@shared
def test_ed25519_is_verified_as_wycheproof_says() -> None:
    judged = [
        (case["result"] == "valid", verifies("ed25519", bytes.fromhex(group["publicKey"]["pk"]), *_signed(case)))
        for group in published.read("wycheproof/ed25519_test.json")["testGroups"]
        for case in group["tests"]
    ]

    assert len(judged) > 100
    assert [expected for expected, _ in judged] == [actual for _, actual in judged]


def _signed(case: Any) -> tuple[bytes, bytes]:  # a test of wycheproof
    return bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])


@shared
def test_mldsa_is_verified_as_wycheproof_says_with_no_context() -> None:
    for group in published.read("wycheproof/mldsa_65_verify_test.json.gz")["testGroups"]:
        key = bytes.fromhex(group["publicKey"])
        for case in group["tests"]:
            expected = case["result"] == "valid" and not case.get("ctx")
            if not 32 <= len(key) <= 1952:
                assert not expected
                continue
            assert expected == verifies("mldsa65", key, *_signed(case)), case["tcId"]


@shared
def test_the_dsse_example_is_signed_over_our_encoding() -> None:
    (example,) = published.read("dsse/dsse.json")
    message = pae(example["payloadType"], example["body"].encode())
    key = ec.EllipticCurvePublicNumbers(int(example["key"]["x"]), int(example["key"]["y"]), ec.SECP256R1())
    raw = published.from_base64(example["envelope"]["signatures"][0]["sig"])
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))

    assert example["pae"].encode() == message
    key.public_key().verify(signature, message, ec.ECDSA(SHA256()))


@shared
def test_the_envelope_of_two_signers_verifies() -> None:
    example = published.read("own/dsse-ed25519.json")
    message = pae(example["payloadType"], published.from_base64(example["payload"]))

    assert example["pae_hex"] == message.hex()
    for signer in example["signatures"]:
        key, signature = bytes.fromhex(signer["public_key_hex"]), published.from_base64(signer["sig"])
        assert verifies("ed25519", key, message, signature)


@shared
def test_every_encoding_of_a_point_of_small_order_is_refused() -> None:
    found = published.read("own/ed25519-small-order.json")
    encodings = {word for word in json.dumps(found).split('"') if len(word) == 64}

    assert len(encodings) >= 14
    for encoding in encodings:
        with pytest.raises(RefusedError) as refused:
            check_keys((Key("sign", "ed25519", bytes.fromhex(encoding)),), "ed25519")
        assert Rule.KEY_UNSAFE == refused.value.rule


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("raw", NOT_JSON, ids=repr)
def test_what_is_not_json_is_refused_by_every_format(form: Any, raw: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        form.read(raw)
    assert refused.value.rule in {Rule.NOT_JSON, Rule.NOT_UTF8}


@shared
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_file_of_the_json_test_suite_is_refused_in_one_way(form: Any) -> None:
    suite = {
        name.rpartition("/")[2]: raw for name, raw in published.read("json-parsing/JSONTestSuite_b64.json.gz").items()
    }
    rules = {}
    for name, encoded in suite.items():
        with pytest.raises(RefusedError) as refused:
            form.read(published.from_base64(encoded))
        rules[name] = refused.value.rule
    well_formed = {Rule.NOT_JSON, Rule.NOT_UTF8}

    assert len(suite) > 300
    assert [] == [name for name, rule in rules.items() if name.startswith("y_") and rule in well_formed]
    malformed = {*well_formed, Rule.TOO_DEEP, Rule.TOO_LARGE}
    assert [] == [name for name, rule in rules.items() if name.startswith("n_") and rule not in malformed]


OWN_STRINGS: Final = [
    "",
    "\u202etext",
    "null",
    "<script>",
    "\ufeff",
    "%00",
    "Ω≈ç√∫",
    "田中さん",
    "\U0001f468\u200d\U0001f469",
    "\\",
]


def comes_back(text: str) -> None:
    """The text survives as a title where it fits, as a detached text, and as a plain string."""
    reason = Unavailable(text)
    body = Detached(bytes(32), text.encode())

    assert reason == submission.decode_answer(submission.encode_answer(reason))
    assert text == decode_detached(profile.encode(body)).data.decode()
    if 1 <= len(text) <= 200:
        said = Act(MESSAGE.header, MessagePosted(subject=text, in_reply_to=None))
        assert said == acts.decode(acts.encode(said))


MESSAGE: Final = World(("XAA",)).entries[-1].act


@pytest.mark.parametrize("text", OWN_STRINGS, ids=ascii)
def test_an_awkward_string_comes_back(text: str) -> None:
    comes_back(text)


@shared
def test_every_naughty_string_comes_back() -> None:
    texts = published.read("naughty-strings/blns.json")

    assert len(texts) > 500
    for text in texts:
        comes_back(text)


def strings(value: object) -> list[str]:
    """Every string of a JSON value, keys too."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in [key, *strings(item)]]
    if isinstance(value, list):
        return [found for item in value for found in strings(item)]
    return [value] if isinstance(value, str) else []


@shared
def test_strings_are_written_as_the_json_canonicalisation_scheme_writes_them() -> None:
    files = published.read("jcs-rfc8785/jcs_b64.json")
    seen = 0
    for name in (name for name in files if name.startswith("output/")):
        canonical = published.from_base64(files[name])
        for text in strings(json.loads(canonical)):
            assert msgspec.json.encode(text) in canonical
            assert profile.encode(Unavailable(text)).endswith(msgspec.json.encode(text) + b"}")
            seen += 1

    assert seen > 20
