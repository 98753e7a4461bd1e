"""Putting services together and running them, one or all: the meeting point of services, shell and settings."""

__all__: list[str] = []
