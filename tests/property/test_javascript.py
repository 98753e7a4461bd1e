"""Another language needs no canonicaliser: `JSON.stringify(JSON.parse(text))` gives the signed bytes back."""

import base64
import json
import shutil
import subprocess
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tacit import acts, profile
from tacit.submission import Unavailable
from tests.property import strategies
from tests.requirement import require_or_skip

NODE_WAIT_S: Final = 30
PROGRAM: Final = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const again = texts.map((text) => {
  const bytes = Buffer.from(text, "base64");
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  return Buffer.from(JSON.stringify(value)).equals(bytes);
});
process.stdout.write(JSON.stringify(again));
"""


def same_in_javascript(texts: list[bytes]) -> list[bool]:
    """For each text whether JavaScript reads and writes it to the same bytes."""
    node = shutil.which("node")
    if node is None:
        require_or_skip("no node on the PATH: what JavaScript makes of the bytes was not seen")
    given_texts = json.dumps([base64.b64encode(text).decode() for text in texts])
    done = subprocess.run(
        [node, "-e", PROGRAM], input=given_texts, capture_output=True, text=True, timeout=NODE_WAIT_S, check=True
    )
    return [bool(each) for each in json.loads(done.stdout)]


@settings(max_examples=3)
@given(many=st.lists(strategies.any_act(), min_size=10, max_size=30))
def test_javascript_writes_the_same_bytes(many: list[acts.Act]) -> None:
    assert [True] * len(many) == same_in_javascript([acts.encode(act) for act in many])


def test_javascript_writes_every_character_alike() -> None:
    codes = (*range(0x300), *range(0x2000, 0x2100), *range(0xFE00, 0x1_0000), 0x1F54A, 0x10FFFF)
    texts = [profile.encode(Unavailable(chr(code))) for code in codes]

    assert [True] * len(texts) == same_in_javascript(texts)
