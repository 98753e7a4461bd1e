"""Checking a record from its first entry, as any member or auditor can: pure, entry by entry, trusting no service.

`Auditor` checks the acts, `Tree` the hashes, `Watch` what checkpoints and heads that authors saw say of both; `Pass` is
all of them together. What is slow is handed out as a `Job`, which any thread may check. What is wrong is a `Finding`.
"""

from tacit.audit.auditor import Auditor, Job, audit, check_job
from tacit.audit.checkpoints import Judged, judge_checkpoint
from tacit.audit.findings import Fault, Finding, Findings
from tacit.audit.passing import Item, Pass
from tacit.audit.refusals import OtherSubmissionError, Rejudged, Retrial, Verdict
from tacit.audit.standing import Standing, decode_standing, encode_standing
from tacit.audit.tree import LeafStore, MemoryLeaves, Tree
from tacit.audit.watch import TIME_TOLERANCE_S, Watch

__all__ = [
    "TIME_TOLERANCE_S",
    "Auditor",
    "Fault",
    "Finding",
    "Findings",
    "Item",
    "Job",
    "Judged",
    "LeafStore",
    "MemoryLeaves",
    "OtherSubmissionError",
    "Pass",
    "Rejudged",
    "Retrial",
    "Standing",
    "Tree",
    "Verdict",
    "Watch",
    "audit",
    "check_job",
    "decode_standing",
    "encode_standing",
    "judge_checkpoint",
]
