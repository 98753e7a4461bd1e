"""Verifier keys of signed notes (C2SP `signed-note`). Spec: docs/reference/spec/log.md."""

import hashlib
import re
from typing import Final, NamedTuple

from tacit.errors import RefusedError, Rule
from tacit.keys import PUBLIC_BYTES, Algorithm, check_point
from tacit.limits import LOG_NAME_BYTES_MAX
from tacit.record.strict_text import read_base64, write_base64

ED25519: Final = 0x01
"""Ed25519 over the text: the log's own line."""
ED25519_COSIGNATURE: Final = 0x04
"""Ed25519 over the text and a time: a witness's line."""
MLDSA44_COSIGNATURE: Final = 0x06
"""ML-DSA-44 over origin, size, root, the signer's name and a time: a log's or a witness's line."""

ALGORITHM_OF: Final[dict[int, Algorithm]] = {
    ED25519: "ed25519",
    ED25519_COSIGNATURE: "ed25519",
    MLDSA44_COSIGNATURE: "mldsa44",
}


_NEVER_IN_A_NAME: Final = re.compile(r"[\x00-\x1f+\s]")


class Vkey(NamedTuple):
    """A name, the type of its signatures, and a raw public key."""

    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart, and prove nothing."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{write_base64(bytes([self.kind]) + self.key)}"


def parse_vkey(text: str) -> Vkey:
    """Read a verifier key of type 0x01, 0x04 or 0x06.

    Raises:
        RefusedError: `log.key`, and nothing else.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise RefusedError(Rule.LOG_KEY, f"no verifier key: {text[:80]}")
    name, key_id, encoded = parts
    raw = read_base64(encoded, Rule.LOG_KEY)
    if not raw or raw[0] not in ALGORITHM_OF:
        raise RefusedError(Rule.LOG_KEY, f"a key of a type that is not 0x01, 0x04 or 0x06: {text[:80]}")
    found = checked_vkey(Vkey(name, raw[0], raw[1:]))
    if found.key_id.hex() != key_id:
        raise RefusedError(Rule.LOG_KEY, f"the key id is {found.key_id.hex()}, not {key_id[:8]}")
    return found


def checked_vkey(vkey: Vkey) -> Vkey:
    """The same verifier key, if its name and its key may stand in one.

    Raises:
        RefusedError: `log.key`.
    """
    if not is_key_name(vkey.name):
        raise RefusedError(Rule.LOG_KEY, f"no name of a key: {vkey.name[:80]!r}")
    algorithm = ALGORITHM_OF[vkey.kind]
    if len(vkey.key) != PUBLIC_BYTES[algorithm]:
        raise RefusedError(Rule.LOG_KEY, f"{len(vkey.key)} bytes for {algorithm}")
    if algorithm == "ed25519":
        try:
            check_point(vkey.key)
        except RefusedError as error:
            raise RefusedError(Rule.LOG_KEY, error.detail) from error
    return vkey


def is_key_name(name: str) -> bool:
    """Whether a key may be so called: not empty, no space, plus or control, at most 255 bytes of UTF-8."""
    if not name or _NEVER_IN_A_NAME.search(name):
        return False
    try:
        return len(name.encode()) <= LOG_NAME_BYTES_MAX
    except UnicodeEncodeError:
        return False
