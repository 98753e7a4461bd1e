"""The examples on the page about clients, as they stand there."""

import re
from typing import Final

from tests.requirement import ROOT

PAGE: Final = ROOT / "docs" / "how-to" / "connect-a-client.md"


def example(name: str) -> object:
    """The function of this name on the page, whose blocks are read one after the other."""
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - it is our own page
    return names[name]
