"""The only room that touches the world: NATS, files, clock, entropy, process, environment, logging, metrics.

It implements ports and translates the errors of libraries; it decides nothing and knows no service.
"""

__all__: list[str] = []
