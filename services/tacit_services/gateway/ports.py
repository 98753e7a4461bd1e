"""What the gateway needs beyond the ports that all services share."""

from typing import Protocol

from tacit import query
from tacit.log_query import ProofsAsked, ProofsFound, Standing, Unproved
from tacit.query import Query
from tacit.submission import Answer, Submission


class Submitter(Protocol):
    """The way to the registrar."""

    async def submit(self, submission: Submission) -> Answer:
        """Hand in a submission and return what the registrar answered.

        Returning `Unavailable` means that nobody can say whether the act was recorded. Raises nothing of the transport.
        """
        ...

    async def unready(self) -> str | None:
        """Why the registrar cannot be reached now, in one word of snake_case, or None. Records nothing."""
        ...


class Queries(Protocol):
    """The way to the projector."""

    async def ask(self, view: str, asked: Query) -> query.Answer:
        """Ask a view, in the name of the reader that `asked` names; the projector believes it.

        Returning `QueryRefused` means that there is no answer: the reason is the projector's, or `unknown_view` (there
        is a projector, without such a view), `no_projector`, `not_connected`, `no_answer`, `answer_unreadable`. A
        question has no effect: it may be asked again. Raises nothing of the transport.
        """
        ...


class LogSource(Protocol):
    """The way to the notary. What it says is signed, or leads to what is signed: nobody need believe this port."""

    async def standing(self) -> Standing | Unproved:
        """The published checkpoint and the one signed last.

        Returning `Unproved` means that nobody can say now, and why: `no_notary`, `not_connected`, `no_answer`,
        `unreadable`, or a reason of the notary's. Raises nothing of the transport.
        """
        ...

    async def prove(self, asked: ProofsAsked) -> ProofsFound | Unproved:
        """The proofs asked for, one for each index in that order; `Unproved` as for `standing`."""
        ...
