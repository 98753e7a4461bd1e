"""What a delegation remembers between connections: how far it has read, its chains, the registrar's keys, the log."""

from tacit.client.chains import Chains
from tacit.client.surroundings import Surroundings
from tacit.compose import Author
from tacit.session import LogView
from tacit.session.registrars import Registrars


class Memory:
    """Keep it to resume where one stopped; a new one reads the record from its beginning."""

    def __init__(self, author: Author) -> None:
        self._credential = author.signer.credential
        self.surroundings = Surroundings()
        self.forget()
        self.registrars = Registrars(author.organisation)
        self.log = LogView(author.organisation, author.state)

    def forget(self) -> None:
        """Read the record from its beginning again: it is not the one that was read. The log stays what it was."""
        self.after = -1
        self.surroundings.forget()
        self.chains = Chains(self._credential)
