"""One file that proves one decision to an outsider. Spec: docs/reference/spec/bundle.md. Bytes and values only."""

from tacit.decision_bundle.choosing import Told, choose
from tacit.decision_bundle.form import Bundle, Proven, decode_bundle_file, encode_bundle_file
from tacit.decision_bundle.opening import Opened, open_bundle

__all__ = [
    "Bundle",
    "Opened",
    "Proven",
    "Told",
    "choose",
    "decode_bundle_file",
    "encode_bundle_file",
    "open_bundle",
]
