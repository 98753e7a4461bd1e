"""The page of settings has every setting with its default, and no other."""

import re
from pathlib import Path
from typing import Final

from tacit_services.run.settings import Settings
from tacit_services.shell.config import NO_SETTINGS, load

ROOT: Final = Path(__file__).resolve().parents[3]
PAGE: Final = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")


def test_the_page_has_every_setting_with_its_default() -> None:
    told = dict(re.findall(r"^\| `([a-z._]+)` \| `(.*?)` \| .+ \|$", PAGE, re.MULTILINE))

    assert {setting.name: setting.shown for setting in load(Settings, None, {}).listed()} == told


def test_the_page_names_the_variables_that_are_no_settings() -> None:
    assert NO_SETTINGS == set(re.findall(r"`(TACIT_[A-Z_]+)`", PAGE))
