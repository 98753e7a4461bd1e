"""Ways to a witness: over HTTP, and one in memory."""

from tacit_services.shell.witnesses.http import HttpWitness
from tacit_services.shell.witnesses.memory import MemoryWitness

__all__ = ["HttpWitness", "MemoryWitness"]
