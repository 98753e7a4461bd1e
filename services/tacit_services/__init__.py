"""The services of Tacit: what an operator runs.

Services never import one another; they meet on the bus, in the words of ``tacit``.
"""

__all__: list[str] = []
