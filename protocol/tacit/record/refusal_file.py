"""Refusal files: a signed refusal and what was refused, so that whoever has the record can judge the act again.

Spec: docs/reference/verification.md, section Refusals.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.envelope import Envelope
from tacit.limits import FRAME_BYTES_MAX

REFUSAL_FILE_BYTES_MAX: Final = 2 * FRAME_BYTES_MAX
"""A submission in base64, and the refusal beside it."""
BEGINS: Final = b'{"v":1,"refusal":{'
"""How a refusal file begins."""


class RefusalFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`refusal` as the registrar signed it; `submission` is every octet that was handed in, readable or not."""

    v: Literal[1]
    refusal: Envelope
    submission: Annotated[bytes, Meta(max_length=FRAME_BYTES_MAX)]


_decoder: Final = msgspec.json.Decoder(RefusalFile)


def encode_refusal_file(file: RefusalFile) -> bytes:
    """The bytes of the file."""
    return profile.encode(file)


def decode_refusal_file(raw: bytes) -> RefusalFile:
    """Read one. Nothing is verified yet.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _decoder, REFUSAL_FILE_BYTES_MAX)
