"""A verifier in Go (tests/conformance/go), built where it is asked for, and asked.

The Go distribution carries `golang.org/x/mod` in its own source tree; that folder is copied beside our program for the
build, so nothing is fetched and nothing of Go's is in this house.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.requirement import GO_SUMDB

SOURCE: Final = Path(__file__).with_name("go")
BUILD_WAIT_S: Final = 600
ANSWER_WAIT_S: Final = 120
MODULE: Final = """module outsider

go 1.27

require golang.org/x/mod v0.0.0

replace golang.org/x/mod => ./mod
"""


def build(root: Path, cache: Path, into: Path) -> "Outsider":
    """Build the program with the Go at `root`, which judges its form, too.

    What the compiler keeps goes to `cache`, all else into `into`.
    """
    module = into / "module"
    shutil.copytree(SOURCE, module)
    shutil.copytree(root / GO_SUMDB, module / "mod" / "sumdb")
    (module / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.27\n", encoding="utf-8")
    (module / "go.mod").write_text(MODULE, encoding="utf-8")
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOENV": "off"}
    places = {"GOROOT": root, "GOCACHE": cache, "GOPATH": into / "path", "HOME": into, "XDG_CONFIG_HOME": into}
    environment = os.environ | offline | {name: str(place) for name, place in places.items()}
    sources = [str(path) for path in SOURCE.glob("*.go")]
    for words in (["gofmt", "-l", *sources], ["go", "vet", "."], ["go", "build", "-o", "outsider", "."]):
        done = subprocess.run(
            [root / "bin" / words[0], *words[1:]],
            cwd=module,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_WAIT_S,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stdout), done.stdout + done.stderr
    return Outsider(module / "outsider")


class Outsider:
    """The program."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def archive(self, folder: Path, *vkeys: object) -> dict[str, object] | str:
        """What it read of an archive, or the first thing that it found wrong."""
        done = self._run("archive", str(folder), *map(str, vkeys))
        if done.returncode:
            return done.stderr.strip()
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def cases(self, cases: list[dict[str, object]]) -> list[bool]:
        """Whether it accepts each case, in the form of the input of a vector."""
        done = self._run("cases", given=json.dumps(cases))
        assert done.returncode == 0, done.stderr
        found: list[bool] = json.loads(done.stdout)
        return found

    def _run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *words], input=given, capture_output=True, text=True, timeout=ANSWER_WAIT_S, check=False
        )
