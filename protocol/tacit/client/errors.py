"""What a client is told. A lost connection is no error: the client connects again and resumes."""

from tacit.errors import Rule, TacitError
from tacit.query import QuestionRefusal
from tacit.record import Refusal
from tacit.session import Difference, Equivocation


class ClientError(TacitError):
    """The root of everything that a client raises on purpose."""


class ActRefusedError(ClientError):
    """The registrar refused the act, and signed why. Its number may be signed anew."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.rule}: {refusal.detail}")
        self.refusal = refusal

    @property
    def rule(self) -> Rule:
        """The rule that the act broke."""
        return self.refusal.rule


class FrameRefusedError(ClientError):
    """The gateway could not read what we sent: nothing was handed to the registrar."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule


class QueryRefusedError(ClientError):
    """The question has no answer, and asking the same again is of no use. `reason` is one of `QuestionRefusal`."""

    def __init__(self, reason: QuestionRefusal, detail: str) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: QuestionRefusal = reason


class QueryUnavailableError(ClientError):
    """Nobody can answer the question now. `reason` is a word of `unavailable` (docs/reference/websocket.md)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInRefusedError(ClientError):
    """The gateway does not take this credential, under this address."""


class CredentialRevokedError(ClientError):
    """The credential was revoked or replaced while it was signed in."""


class EquivocationError(ClientError):
    """The log has shown two histories. `equivocation` holds both checkpoints: keep them, and show them to others.

    Do not connect again before somebody has explained them.
    """

    def __init__(self, equivocation: Equivocation) -> None:
        sizes = "of one size have two roots" if equivocation.certain else "are not shown to be of one history"
        super().__init__(f"two checkpoints that the log has signed {sizes}: both are kept as evidence")
        self.equivocation = equivocation


class RecordChangedError(ClientError):
    """What was heard from some entry on stands in the record no more: it was restored from before it.

    Nothing that the log has signed is touched by it. Drop what was made of entries from `first` on and follow again:
    they come as they stand now. `difference` is kept in the outbox.
    """

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference

    @property
    def first(self) -> int:
        """The first entry that is another, as far as is known."""
        return self.difference.first or 0


class GatewayFaultError(ClientError):
    """The gateway broke the rules of the session: what it sends cannot be believed. `rule` says which rule."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
