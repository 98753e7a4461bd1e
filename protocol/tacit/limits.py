"""Every limit of the wire: a name, a unit, one home. Operating limits live with the service that they bound."""

from typing import Final

ENVELOPE_BYTES_MAX: Final = 65_000
"""One signed act on the wire and in the record: below the 65,535 octets of an entry (C2SP `tlog-tiles`)."""

PAYLOAD_BYTES_MAX: Final = 45_000
"""The signed bytes inside an envelope, before base64: room for a charter with five hybrid key sets and their proofs."""

DETACHED_BYTES_MAX: Final = 262_144
"""The text or message that travels beside its act."""

SALT_BYTES: Final = 32
"""The salt of a detached body: as long as the hash that it blinds."""

FRAME_BYTES_MAX: Final = 524_288
"""One WebSocket message: an envelope, a detached body in base64 and their frame."""

NESTING_MAX: Final = 16
"""Objects and arrays inside one another in any JSON that Tacit reads."""

INTEGER_MAX: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

SIGNATURES_MAX: Final = 8
"""Signature lines in one envelope: author and releaser, each with at most two algorithms, and room to grow."""

ATTESTATIONS_MAX: Final = 64
"""Attestations that one piece of evidence may carry; as many of Ed25519 fit into a payload."""

REFERENCES_MAX: Final = 32
"""Earlier acts that one act may point at in its header."""

STATES_MAX: Final = 256
"""Members that one list may name (the largest organisation in use has fewer than 200)."""

TITLE_CHARS_MAX: Final = 200
VKEY_CHARS_MAX: Final = 2_048
"""A verifier key: one of ML-DSA-44 has about 1,800, and no name in a charter is longer than a title."""
REASON_CHARS_MAX: Final = 2_000
SHOWN_CHARS_MAX: Final = 64

CLAIMED_AHEAD_S: Final = 300
"""How far an author's clock may run ahead of the registrar's before `claimed_at` is refused."""

VALIDITY_S_MAX: Final = 86_400
"""The longest time between `claimed_at` and `not_after`: an act held back for more than a day cannot be played."""

DEADLINE_AHEAD_S_MAX: Final = 366 * 86_400
"""The furthest deadline that a silence may have."""

NONCE_BYTES: Final = 32
"""The fresh random challenge that a sign-in answers."""

AUDIENCE_CHARS_MAX: Final = 255
"""The authority (host and port) under which a client dialled its gateway."""

CREDIT_MAX: Final = 65_536
"""Entries that a follower may allow its gateway to send before it allows more."""

RECEIVED_YEAR_MAX: Final = 9_000
"""The last year in which an entry can have been received: no sum of an instant and a limit then leaves the calendar."""

QUERY_BYTES_MAX: Final = 8_192
"""One question to a read model."""

QUERY_ROWS_MAX: Final = 1_000
"""Rows of one answer to it; fewer come where they would not fit into one message."""

QUERY_ROWS_BYTES_MAX: Final = 900_000
"""Those rows over the bus; a message of NATS may have a million bytes."""

QUERY_CONDITIONS_MAX: Final = 8
"""Columns of which one question says what stands in them."""

LOG_ENTRY_BYTES_MAX: Final = 65_535
"""One entry of a bundle: its length is written in 16 bits (C2SP `tlog-tiles`)."""

LOG_SIZE_MAX: Final = 2**53 - 1
"""Leaves of one log: an index is a whole number of the profile, far below the 2^63 - 1 of the C2SP formats."""

LOG_PROOF_HASHES_MAX: Final = 63
"""Hashes of one inclusion or consistency proof (C2SP `tlog-witness`)."""

LOG_NAME_BYTES_MAX: Final = 255
"""A key name or an origin: its length is written in one byte (C2SP `tlog-cosignature`)."""

LOG_COSIGNED_S_MAX: Final = 2**63 - 1
"""The last second that a cosignature can name (C2SP `tlog-cosignature`)."""

NOTE_BYTES_MAX: Final = 1_048_576
"""One signed note: a checkpoint with a post-quantum line of each of 256 witnesses fits."""

NOTE_SIGNATURES_MAX: Final = 1_024
"""Signature lines of one note: two for the log, two for each of 256 witnesses, and room for lines of others."""

CHECKPOINT_BYTES_MAX: Final = 131_072
"""One checkpoint in a frame of a session or on the bus: the log's two lines and one of each of 256 witnesses fit."""

PROOFS_ASKED_MAX: Final = 64
"""Entries of which one question asks the inclusion proofs."""

LOG_QUESTION_BYTES_MAX: Final = 4_096
"""One question to a notary."""

POLICY_BYTES_MAX: Final = 1_048_576
"""One policy file."""

POLICY_NAMES_MAX: Final = 1_024
"""Logs, witnesses and groups that one policy file may define together (C2SP `tlog-policy` asks for 32 of each)."""

BUNDLE_BYTES_MAX: Final = 16 * 1_048_576
"""One file that proves a decision."""

BUNDLE_ENTRIES_MAX: Final = 4_096
"""Entries in it: the register of 256 members, their positions, and room for what else was said."""

assert ENVELOPE_BYTES_MAX <= LOG_ENTRY_BYTES_MAX, "an entry bundle gives the length of an entry in 16 bits"
assert PAYLOAD_BYTES_MAX * 4 // 3 + 4_800 < ENVELOPE_BYTES_MAX, "a full payload with a hybrid signature must fit"
assert (ENVELOPE_BYTES_MAX + DETACHED_BYTES_MAX) * 4 // 3 < FRAME_BYTES_MAX, "a full submission must fit its frame"
