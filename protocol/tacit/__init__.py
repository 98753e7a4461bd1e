"""Tacit, the public package: what a client author and an auditor read.

The core knows the standard library, msgspec and cryptography, and nothing else: no socket, no clock, no setting.
Extras (``tacit.client``, ``tacit.cli``) are folders that the core never imports.
"""

__all__: list[str] = []
