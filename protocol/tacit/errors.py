"""What can be wrong with an act, by the name of the rule. Names are wire constants: never renamed, never reused."""

from enum import StrEnum

from tacit.limits import REASON_CHARS_MAX


class TacitError(Exception):
    """The root of everything that this package raises on purpose."""


class Rule(StrEnum):
    """Every rule by which an act can be refused; docs/reference/spec/refusals.md lists the same names with clauses."""

    # What the bytes are.
    TOO_LARGE = "profile.too_large"
    NOT_UTF8 = "profile.not_utf8"
    NOT_JSON = "profile.not_json"
    NOT_MSGPACK = "profile.not_msgpack"
    TOO_DEEP = "profile.too_deep"
    DUPLICATE_KEY = "profile.duplicate_key"
    UNKNOWN_FIELD = "profile.unknown_field"
    MISSING_FIELD = "profile.missing_field"
    WRONG_VALUE = "profile.wrong_value"
    NOT_CANONICAL = "profile.not_canonical"
    UNKNOWN_ACT = "act.unknown_type"
    PAYLOAD_TYPE = "envelope.payload_type"
    # Who signed, with what.
    SIGNATURE_COUNT = "signature.count"
    SIGNATURE_KEY = "signature.key"
    SIGNATURE_INVALID = "signature.invalid"
    KEY_UNSAFE = "key.unsafe"
    KEY_SUITE = "key.suite"
    KEY_POSSESSION = "key.possession"
    KEY_TAKEN = "key.taken"
    DETACHED_MISMATCH = "detached.mismatch"
    DETACHED_MISSING = "detached.missing"
    DETACHED_SURPLUS = "detached.surplus"
    # The header.
    OTHER_ORGANISATION = "header.organisation"
    PLACE = "header.place"
    BODY_UNKNOWN = "header.body_unknown"
    CHANNEL_UNKNOWN = "header.channel_unknown"
    EXPIRED = "header.expired"
    VALIDITY = "header.validity"
    CLAIMED_AHEAD = "header.claimed_ahead"
    CREDENTIAL_UNKNOWN = "credential.unknown"
    CREDENTIAL_REVOKED = "credential.revoked"
    CREDENTIAL_OTHER_OFFICE = "credential.other_office"
    CREDENTIAL_OCCUPIED = "credential.office_occupied"
    CREDENTIAL_OTHER_STATE = "credential.other_state"
    RELEASER = "header.releaser"
    CAPACITY = "header.capacity"
    MANDATE = "header.mandate_missing"
    NOT_ENTITLED = "office.not_entitled"
    OFFICE_UNKNOWN = "office.unknown"
    OFFICE_TAKEN = "office.already_accredited"
    NOT_A_MEMBER = "body.not_a_member"
    # The chain of an author.
    NUMBER_GAP = "chain.number_gap"
    NUMBER_USED = "chain.number_used"
    EQUIVOCATION = "chain.equivocation"
    PREVIOUS = "chain.previous"
    # The founding.
    CHARTER_MISSING = "charter.missing"
    CHARTER_TWICE = "charter.twice"
    CHARTER_CONTENT = "charter.content"
    CHARTER_NOT_IN_FORCE = "charter.not_in_force"
    FOUNDER_UNKNOWN = "charter.founder_unknown"
    FOUNDER_KEY = "charter.founder_key"
    ACCEPTED_TWICE = "charter.accepted_twice"
    TERM = "registrar.term"
    # Channels and consultations.
    CHANNEL_EXISTS = "channel.exists"
    CHANNEL_KIND = "channel.not_a_crisis_channel"
    LEVEL = "channel.level_not_higher"
    CONSULTATION_UNKNOWN = "consultation.unknown"
    CONSULTATION_STATUS = "consultation.status"
    CONSULTATION_JOINED = "consultation.already_invoking"
    CONSULTATION_OUTCOME = "consultation.outcome_needs_adoption"
    # Texts and positions.
    NUMBER_NOT_ALLOTTED = "reference.not_allotted"
    REFERENCE_TAKEN = "reference.taken"
    TEXT_UNKNOWN = "text.unknown"
    TEXT_SUPERSEDED = "text.superseded"
    TEXT_AGREED = "text.agreed"
    TEXT_COUNTED = "text.counted"
    TEXT_REFERRED = "text.referred"
    TEXT_UNDER_SILENCE = "text.under_silence"
    TEXT_REVISION = "text.revision"
    WORDING = "text.wording"
    SCOPE = "position.scope"
    CONDITION = "position.words_missing"
    BREAK_THE_SILENCE = "position.break_the_silence"
    # Silence procedures and decisions.
    DEADLINE_PAST = "silence.deadline_past"
    DEADLINE_TOO_FAR = "silence.deadline_too_far"
    DEADLINE_NOT_EXACT = "silence.deadline_not_exact"
    DEADLINE_NOT_LATER = "silence.deadline_not_later"
    SILENCE_UNKNOWN = "silence.unknown"
    SILENCE_TWICE = "silence.one_per_version"
    SILENCE_NOT_RUNNING = "silence.not_running"
    SILENCE_EXPIRED = "silence.expired"
    SILENCE_NOT_EXPIRED = "silence.not_expired"
    SILENCE_JEOPARDISED = "silence.deadline_jeopardised"
    SILENCE_BROKEN_TWICE = "silence.already_broken_by_member"
    SILENCE_CLOSED = "silence.too_late_to_object"
    EXTENSION_UNKNOWN = "silence.extension_request_unknown"
    QUESTION_NOT_PUT = "question.not_put"
    QUESTION_OPEN = "question.window_open"
    QUESTION_TWICE = "question.already_put"
    NO_CONSENSUS = "consensus.absent"
    DECISION_BASIS = "decision.basis"
    DECISION_TWICE = "decision.already_adopted"
    TALLY_COUNTS = "tally.counts"
    # Exports and acknowledgements.
    EXPORT_SPAN = "export.span"
    ADDRESSEES = "acknowledgement.addressees"
    ACKNOWLEDGEMENT_DEADLINE = "acknowledgement.deadline"
    ACKNOWLEDGEMENT_UNKNOWN = "acknowledgement.unknown"
    ACKNOWLEDGEMENT_NOT_DUE = "acknowledgement.not_due"
    ACKNOWLEDGEMENT_MISSING = "acknowledgement.missing"
    # Bodies and rosters.
    BODY_EXISTS = "body.exists"
    BODY_UNKNOWN_HERE = "body.unknown"
    ROSTER_STATES = "roster.states"
    ROSTER_ADMITTED = "roster.already_admitted"
    ROSTER_NOT_ADMITTED = "roster.not_admitted"
    ROSTER_EMPTY = "roster.empty"
    # Referrals.
    REFERRAL_BODY = "referral.body"
    REFERRAL_ITEM = "referral.item"
    REFERRAL_CONTENT = "referral.content"
    REFERRAL_TWICE = "referral.taken_up"
    # Evidence of what was held back or lost.
    EVIDENCE_ACT = "evidence.act"
    EVIDENCE_PLACE = "evidence.place"
    EVIDENCE_ATTESTATION = "evidence.attestation"
    EVIDENCE_RECEIPT = "evidence.receipt"
    EVIDENCE_QUORUM = "evidence.quorum"
    VOID_GROUND = "silence.void_ground"
    # The record itself (an entry that breaks one of these is void).
    LEAF = "record.leaf"
    ORDER = "record.order"
    # The log of the record (what breaks one of these proves nothing).
    LOG_KEY = "log.key"
    LOG_NOTE = "log.note"
    LOG_SIGNATURE = "log.signature"
    LOG_CHECKPOINT = "log.checkpoint"
    LOG_TILE = "log.tile"
    LOG_PROOF = "log.proof"
    LOG_PROOF_FILE = "log.proof_file"
    LOG_REQUEST = "log.request"
    LOG_POLICY = "log.policy"
    LOG_QUORUM = "log.quorum"
    BUNDLE_CONTENT = "bundle.content"


class RefusedError(TacitError):
    """An act, or bytes that claim to be one, break a rule. `rule` names it; `detail` tells a person what was found."""

    def __init__(self, rule: Rule, detail: str = "") -> None:
        super().__init__(f"{rule}: {detail}" if detail else str(rule))
        self.rule = rule
        # A library's message may quote the whole refused value; a signed refusal has room for so much.
        self.detail = detail[:REASON_CHARS_MAX]
