"""`tacit up`: one server, all services and an exercise in one process. The only room that knows several services."""

__all__: list[str] = []
