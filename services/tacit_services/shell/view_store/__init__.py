"""Adapter of `ViewStore`: one SQLite file, from a thread (`ThreadedViews`) or at once (`ViewFile`)."""

from tacit_services.shell.view_store.file import ViewFile
from tacit_services.shell.view_store.threads import ThreadedViews

__all__ = ["ThreadedViews", "ViewFile"]
