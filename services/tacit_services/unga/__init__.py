"""A re-enactment: the recorded votes of the General Assembly as signed acts, in an organisation of its own.

The order of a reader: `source` reads the collection, `composer` makes the acts, `importing` hands them in, `run` puts a
server and a registrar around it. The keys are made here and all lie in one folder: no state signed anything.
"""

__all__: list[str] = []
