"""What the gateway counts, in the names that Prometheus expects. Labels are words from closed lists, never content."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ANSWERS: Final = frozenset(
    {
        # The frames.
        "receipt",
        "refusal",
        # Why nobody can say: in the words of the gateway, of the way to the registrar, and of the registrar.
        "in_flight",
        "rate",
        "not_connected",
        "no_answer",
        "no_registrar",
        "answer_unreadable",
        "busy",
        "clock_behind",
        "closing",
        "index",
        "not_serving",
        "outcome_unknown",
        "record_damaged",
        "stopped",
        "store_failed",
        "superseded",
    }
)
"""What an answer is counted as. A reason comes in a message, so one that is not known must not make a label."""
OTHER: Final = "other"
SUBMIT_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The instruments of one gateway, registered where the caller says."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.connections = Gauge("tacit_gateway_connections", "Open WebSocket connections.", registry=registry)
        self.boards = Gauge("tacit_gateway_boards", "Open feeds of the read-only page.", registry=registry)
        self.sign_ins = Counter("tacit_gateway_sign_ins_total", "Sign-ins by outcome.", ["outcome"], registry=registry)
        self.submissions = Counter(
            "tacit_gateway_submissions_total", "Acts handed in, by answer.", ["answer"], registry=registry
        )
        self.submit_seconds = Histogram(
            "tacit_gateway_submit_seconds",
            "From a submit frame to the registrar's answer.",
            buckets=SUBMIT_BUCKETS_S,
            registry=registry,
        )
        self.queries = Counter(
            "tacit_gateway_queries_total", "Questions to views, by answer.", ["answer"], registry=registry
        )
        self.query_seconds = Histogram(
            "tacit_gateway_query_seconds",
            "From a question to the projector's answer.",
            buckets=SUBMIT_BUCKETS_S,
            registry=registry,
        )
        self.entries_sent = Counter(
            "tacit_gateway_entries_sent_total", "Entries sent to followers, withheld ones included.", registry=registry
        )
        self._of_the_log(registry)
        self.frame_errors = Counter(
            "tacit_gateway_frame_errors_total", "Error frames by the rule that was broken.", ["rule"], registry=registry
        )
        self.endings = Counter(
            "tacit_gateway_endings_total", "Connections that ended, by cause.", ["cause"], registry=registry
        )
        self.record_entries = Gauge(
            "tacit_gateway_record_entries", "Entries of the record folded here.", registry=registry
        )
        self.record_void = Gauge(
            "tacit_gateway_record_void_entries", "Entries that the rules do not admit.", registry=registry
        )
        self.lag_entries = Gauge(
            "tacit_gateway_record_lag_entries", "Entries in the store and not folded here.", registry=registry
        )
        self.lag_seconds = Gauge(
            "tacit_gateway_record_lag_seconds", "Since when the store has been ahead of us.", registry=registry
        )

    def _of_the_log(self, registry: CollectorRegistry) -> None:
        self.checkpoint_entries = Gauge(
            "tacit_gateway_checkpoint_entries", "Entries under the published checkpoint.", registry=registry
        )
        self.checkpoints_sent = Counter(
            "tacit_gateway_checkpoints_sent_total", "Checkpoints shown to clients.", registry=registry
        )
        self.histories = Counter(
            "tacit_gateway_log_histories_total",
            "Pairs of checkpoints of the log that are not of one history.",
            registry=registry,
        )
        self.proofs = Counter(
            "tacit_gateway_proofs_total", "Questions for inclusion proofs, by answer.", ["answer"], registry=registry
        )

    def answered(self, word: str) -> None:
        """An act was answered, by a frame or with a reason."""
        self.submissions.labels(word if word in ANSWERS else OTHER).inc()
