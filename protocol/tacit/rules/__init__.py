"""The rules: one pure fold that registrar, projections, members and auditors all run. Nothing here does IO."""

from tacit.rules.consensus import Evaluation, evaluate
from tacit.rules.effects import Effect
from tacit.rules.fold import admit, apply, apply_bytes, deadlines, enact, step_over
from tacit.rules.ruleset import NamedRuleSet, RuleSet, catalogue, packaged, read_ruleset
from tacit.rules.signatories import Signatory, check_signatures, signing_keys
from tacit.rules.snapshot import (
    DamagedSnapshotError,
    OtherRulesError,
    OtherSnapshotError,
    Snapshot,
    decode_snapshot,
    encode_snapshot,
)
from tacit.rules.sources import rules_digest
from tacit.rules.state import State, Tally, Verifiers, genesis

__all__ = [
    "DamagedSnapshotError",
    "Effect",
    "Evaluation",
    "NamedRuleSet",
    "OtherRulesError",
    "OtherSnapshotError",
    "RuleSet",
    "Signatory",
    "Snapshot",
    "State",
    "Tally",
    "Verifiers",
    "admit",
    "apply",
    "apply_bytes",
    "catalogue",
    "check_signatures",
    "deadlines",
    "decode_snapshot",
    "enact",
    "encode_snapshot",
    "evaluate",
    "genesis",
    "packaged",
    "read_ruleset",
    "rules_digest",
    "signing_keys",
    "step_over",
]
