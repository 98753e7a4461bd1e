"""The gateway: WebSocket and HTTP for clients, and the read-only page. It folds the record and decides nothing.

It believes the registrar's record, verifies sign-ins, shows each state what it may see, and hands acts on. It holds no
key and can make nobody's act.
"""

from tacit_services.gateway.config import GatewayConfig, GatewaySettings

__all__ = ["GatewayConfig", "GatewaySettings"]
