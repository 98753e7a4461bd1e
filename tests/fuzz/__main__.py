"""Coverage-guided fuzzing of every reader (`make fuzz`): Atheris, from the vectors, each target in its own process.

    python -m tests.fuzz --seconds 600             all of them
    python -m tests.fuzz --seconds 60 note leaf    these
    python -m tests.fuzz --again FILE note         once more what was found, without Atheris

What is found that reaches new lines is kept in `.fuzz` and is where the next run begins. Exit code 1: something else
came of bytes than the one error, or a value that is written otherwise; it says where the bytes are.
"""

import argparse
import hashlib
import importlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

if TYPE_CHECKING:
    from tests.fuzz.target import Target

KEPT: Final = Path(".fuzz")
ONE_S_MAX: Final = 30
"""One input that takes longer is a finding."""
MEMORY_MB_MAX: Final = 1_024
WORKERS: Final = 2
_DONE: Final = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_REACHED: Final = re.compile(r"cov: (\d+) .*?corp: (\d+)/")


class Ran(NamedTuple):
    """What came of one target."""

    name: str
    status: int
    log: str

    def __str__(self) -> str:
        runs, reached = _DONE.search(self.log), _REACHED.findall(self.log)
        lines, kept = reached[-1] if reached else ("0", "0")
        word = "held" if self.status == 0 else "FAILED"
        return f"{self.name:16} {int(runs[1]) if runs else 0:>10,} tries {lines:>6} branches {kept:>5} kept  {word}"


def tried(target: "Target", raw: bytes, folder: Path) -> None:
    """One try: read or refused, either is well. Of anything else the bytes are kept, and the process ends."""
    try:
        target.accepts(raw)
    except Exception:
        found = folder / f"found-{hashlib.sha256(raw).hexdigest()[:16]}"
        found.write_bytes(raw)
        sys.stderr.write(f"the bytes: {found}\n")
        raise


def fuzz(target: "Target", seeds: set[bytes], seconds: int, folder: Path) -> NoReturn:
    """Fuzz one target in this process, which ends with it."""
    import atheris  # noqa: PLC0415 - only where it is installed (requirements/fuzz.txt)

    begin = folder / "seeds"
    for place in (begin, folder / "kept"):
        place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(sorted(seeds)):
        (begin / f"{number:04}").write_bytes(seed)
    with (folder / "log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    limits = [f"-max_total_time={seconds}", f"-timeout={ONE_S_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}"]
    places = [f"-artifact_prefix={folder}/found-", str(folder / "kept"), str(begin)]
    atheris.Setup(["fuzz", *limits, *places], lambda raw: tried(target, raw, folder))
    atheris.Fuzz()
    os._exit(0)


def forked(target: "Target", seeds: set[bytes], seconds: int, kept: Path) -> int:
    """The same in a process of its own; its id. The instrumented modules are shared."""
    pid = os.fork()
    if pid == 0:
        try:
            fuzz(target, seeds, seconds, kept / target.name)
        finally:
            os._exit(1)
    return pid


def run(targets: "list[Target]", seeds: dict[str, set[bytes]], seconds: int, kept: Path) -> list[Ran]:
    """Fuzz targets, some at a time, together for so long; each for a second at least."""
    each_s = max(1, seconds * WORKERS // len(targets))
    waiting, running, done = list(reversed(targets)), dict[int, str](), list[Ran]()
    while waiting or running:
        while waiting and len(running) < WORKERS:
            target = waiting.pop()
            running[forked(target, seeds.get(target.name, set()), each_s, kept)] = target.name
        pid, status = os.wait()
        name = running.pop(pid)
        done.append(Ran(name, os.waitstatus_to_exitcode(status), (kept / name / "log").read_text("utf-8", "replace")))
        sys.stdout.write(f"{done[-1]}\n")
        sys.stdout.flush()
    return done


def instrumented() -> "tuple[list[Target], dict[str, set[bytes]]]":
    """Targets and seeds, with every branch of the package watched: so it is imported here for the first time."""
    import atheris  # noqa: PLC0415 - only where it is installed (requirements/fuzz.txt)

    with atheris.instrument_imports(include=["tacit", "tacit_services"]):
        targets = importlib.import_module("tests.fuzz.targets").TARGETS
    return targets, importlib.import_module("tests.fuzz.seeds").seeds()


def again(raw: bytes, names: list[str]) -> int:
    """Try bytes once; what is wrong is raised."""
    for target in importlib.import_module("tests.fuzz.targets").TARGETS:
        if target.name in names:
            sys.stdout.write(f"{target.name}: {'read' if target.accepts(raw) else 'refused'}\n")
    return 0


def main() -> int:
    """Read the command line, fuzz, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", help="targets; without any all of them")
    parser.add_argument("--seconds", type=int, default=120, help="for all targets together")
    parser.add_argument("--again", type=Path, help="try these bytes once")
    asked = parser.parse_args()
    if asked.again is not None:
        return again(asked.again.read_bytes(), asked.names)
    targets, seeds = instrumented()
    chosen = [target for target in targets if target.name in asked.names or not asked.names]
    if not chosen:
        parser.error(f"the targets are {', '.join(target.name for target in targets)}")
    failed = [ran for ran in run(chosen, seeds, asked.seconds, KEPT) if ran.status]
    for ran in failed:
        sys.stdout.write(f"\n{ran.name}\n{ran.log[-4_000:]}\n")
    sys.stdout.write(f"{len(chosen) - len(failed)} of {len(chosen)} targets held\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
