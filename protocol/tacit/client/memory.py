"""What a delegation remembers between connections: what it has heard, its chains, the registrar's keys, the log."""

from tacit.client.chains import Chains
from tacit.client.inbox import Inbox
from tacit.client.surroundings import Surroundings
from tacit.compose import Author
from tacit.session import Heard, LogView
from tacit.session.registrars import Registrars


class Memory:
    """Keep it to resume where one stopped; a new one reads the record from its beginning."""

    def __init__(self, author: Author) -> None:
        self.credential = author.signer.credential
        self.surroundings = Surroundings()
        self.chains = Chains(self.credential)
        self.heard = Heard()
        self.inbox: Inbox | None = None
        """What was heard and not read yet, where somebody follows."""
        self.registrars = Registrars(author.organisation)
        self.log = LogView(author.organisation, author.state)

    @property
    def after(self) -> int:
        """The index of the last entry that was heard, -1 before the first."""
        return self.heard.size - 1

    @property
    def resume_after(self) -> int:
        """After which entry to ask for more: the last one is asked for again, to see that it stands there still."""
        return max(self.after - 1, -1)

    def listen(self, *, follows: bool) -> Inbox | None:
        """Where entries wait for whoever follows from here on; None where nobody does."""
        if not follows:
            self.inbox = None
        elif self.inbox is None:
            self.inbox = Inbox(self.after + 1)
        else:
            self.inbox.reopen()
        return self.inbox

    def forget(self, heard: Heard) -> None:
        """Read the record from its beginning again. The log stays what it was."""
        self.heard = heard
        self.surroundings.forget()
        self.chains = Chains(self.credential)
