"""Acts and effects in the words of the field, for people: one place, so that log, page and terminal say the same.

Pure. What an author wrote (titles, reasons) is quoted with everything removed that a terminal could take for a command.
"""

from tacit.words.acts import describe, describe_author
from tacit.words.effects import describe_effect
from tacit.words.quoting import ID_CHARS, QUOTED_CHARS_MAX, printable, quote

__all__ = ["ID_CHARS", "QUOTED_CHARS_MAX", "describe", "describe_author", "describe_effect", "printable", "quote"]
