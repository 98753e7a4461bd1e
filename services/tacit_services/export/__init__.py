"""Exports of a channel: what one reader may see of it, in a file that stands by itself, and an act that tells of it.

The order of a reader: `choosing` says what is shown and what is only marked, `pages`, `sheets` and `lines` write it,
`recording` has the act recorded, `run` puts it together. No file is written whose act is not on the record.
"""

__all__: list[str] = []
