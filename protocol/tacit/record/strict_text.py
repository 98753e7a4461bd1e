"""Numbers and octets as the C2SP text formats write them: one way each."""

import base64
import binascii
import re
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.record.merkle import HASH_BYTES

_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)


def read_decimal(text: str, number_max: int, rule: Rule) -> int:
    """A whole number in decimal, without sign or leading zero.

    Raises:
        RefusedError: `rule`.
    """
    if _DECIMAL.match(text) is None or int(text) > number_max:
        raise RefusedError(rule, f"no number up to {number_max}: {text[:40]}")
    return int(text)


def read_base64(text: str, rule: Rule) -> bytes:
    """Octets in standard base64 with padding, spare bits zero (RFC 4648 section 4).

    Raises:
        RefusedError: `rule`.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise RefusedError(rule, f"no base64: {text[:40]}") from error
    if write_base64(raw) != text:
        raise RefusedError(rule, f"base64 with spare bits: {text[:40]}")
    return raw


def read_hash(text: str, rule: Rule) -> bytes:
    """A hash in base64.

    Raises:
        RefusedError: `rule`.
    """
    raw = read_base64(text, rule)
    if len(raw) != HASH_BYTES:
        raise RefusedError(rule, f"a hash has {HASH_BYTES} bytes, not {len(raw)}")
    return raw


def write_base64(raw: bytes) -> str:
    """Octets as base64."""
    return base64.b64encode(raw).decode()
