"""What JavaScript makes of our bytes: the language of many clients, with a JSON writer that is not ours."""

import base64
import json
import shutil
import subprocess
from typing import Final

from tests.requirement import require_or_skip

NODE_WAIT_S: Final = 30
SAME: Final = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const again = texts.map((text) => {
  const bytes = Buffer.from(text, "base64");
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  return Buffer.from(JSON.stringify(value)).equals(bytes);
});
process.stdout.write(JSON.stringify(again));
"""


def node(program: str, given: object) -> object:
    """Run a program in node: JSON in, JSON out. Skips with words where there is no node."""
    path = shutil.which("node")
    if path is None:
        require_or_skip("no node on the PATH: what JavaScript makes of the bytes was not seen")
    done = subprocess.run(
        [path, "-e", program], input=json.dumps(given), capture_output=True, text=True, timeout=NODE_WAIT_S, check=True
    )
    told: object = json.loads(done.stdout)
    return told


def same_in_javascript(texts: list[bytes]) -> object:
    """For each text whether `JSON.stringify(JSON.parse(text))` gives its bytes back."""
    return node(SAME, [base64.b64encode(text).decode() for text in texts])
