"""The event store and the store of bodies: JetStream, and beside each adapter its stricter fake.

Everything here moves bytes; nobody here knows an act.
"""

__all__: list[str] = []
