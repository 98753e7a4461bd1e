"""What the gateway needs beyond the ports that all services share."""

from typing import Protocol

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
