"""What the record holds and what the registrar answers, and the log over it. Bytes and values only.

The log: hashes and ranges (`merkle`), proofs (`proofs`), its files (`tiles`), keys and signatures (`vkey`, `note`,
`cosignature`), `checkpoint`, `proof_file`, `policy`, and what an organisation's charter says of it
(`organisation_log`, `log_signing`).
"""

from tacit.record.entry import Entry, decode_entry, decode_parts, encode_entry
from tacit.record.leaf import Leaf
from tacit.record.receipt import Refusal, open_receipt, open_refusal, sign_receipt, sign_refusal

__all__ = [
    "Entry",
    "Leaf",
    "Refusal",
    "decode_entry",
    "decode_parts",
    "encode_entry",
    "open_receipt",
    "open_refusal",
    "sign_receipt",
    "sign_refusal",
]
