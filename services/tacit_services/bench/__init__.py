"""Measuring the registrar against bounds of the same minute: ratios, since the machine is whose it is."""

__all__: list[str] = []
