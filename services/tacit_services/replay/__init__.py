"""Playing a span of a record again: through a real registrar, into an organisation of its own (ADR 0037).

The order of a reader: `span` chooses the entries, `retelling` says each act again with keys of the sandbox, `playing`
goes through the record act by act, `outcome` holds what came of it to the original, `run` puts a server and a registrar
around it. Nothing is ever written to the original, nor said on its bus.
"""

__all__: list[str] = []
