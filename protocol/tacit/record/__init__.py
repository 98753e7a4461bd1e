"""What the record holds and what the registrar answers: leaves, entries, receipts, refusals. Bytes and values only."""

from tacit.record.entry import Entry, decode_entry, encode_entry
from tacit.record.leaf import Leaf
from tacit.record.receipt import Refusal, open_receipt, open_refusal, sign_receipt, sign_refusal

__all__ = [
    "Entry",
    "Leaf",
    "Refusal",
    "decode_entry",
    "encode_entry",
    "open_receipt",
    "open_refusal",
    "sign_receipt",
    "sign_refusal",
]
