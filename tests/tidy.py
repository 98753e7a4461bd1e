"""The house rules that neither ruff, mypy nor import-linter can hold, as functions from one source to findings.

``tests/test_tidy.py`` runs them over the house and shows of each that it bites; ``python -m tests.tidy`` prints the
medians. Limits are ratchets: they may be lowered, and nothing is excused from them.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from statistics import median, quantiles
from typing import Final, NamedTuple

FILE_LINES_MAX: Final = 400
FILE_LINES_MEDIAN_AIM: Final = 150
BODY_LINES_MAX: Final = 50
BODY_LINES_MEDIAN_AIM: Final = 8
BODY_LINES_P95_AIM: Final = 35

BANNED_NAMES: Final = frozenset({"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"})
EXTRAS: Final = frozenset({"client", "cli", "witness", "desk"})
CORE_LIBRARIES: Final = frozenset({"msgspec", "cryptography", "tacit"})
WORLD: Final = frozenset({"os", "random", "secrets", "socket", "subprocess", "time", "uuid"})
CORE_BANS: Final = WORLD | {"asyncio", "io", "logging", "pathlib", "shutil", "tempfile", "threading"}
LOG_METHODS: Final = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
TRANSPORT_WORDS: Final = frozenset({"ack", "nak", "http", "jetstream", "nats", "retry", "socket", "websocket"})
FIELD_VERBS: Final = frozenset({"accredit", "adopt", "circulate", "convene", "enrol", "object", "perceive", "revoke"})
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """One text file of the house; the path is relative to the root."""

    path: PurePosixPath
    text: str

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of its syntax tree, walked once for all checks; none of what is not Python."""
        return tuple(ast.walk(ast.parse(self.text))) if self.path.suffix == ".py" else ()


class Finding(NamedTuple):
    """One thing that may not stay; the message names the rule and what is wished instead."""

    line: int
    message: str


Check = Callable[[Source], Iterator[Finding]]


def in_core(path: PurePosixPath) -> bool:
    """Whether a file belongs to what is pure: the public package less its extras, and the rules of any service."""
    if path.parts[:2] == ("protocol", "tacit"):
        return not EXTRAS.intersection(path.parts)
    return path.parts[:1] == ("services",) and "rules" in (*path.parts, path.stem)


def in_testing(path: PurePosixPath) -> bool:
    """Whether a file is the public test kit, which reads vectors from files."""
    return PurePosixPath(path.parts[2]).stem == "testing"


def in_product(path: PurePosixPath) -> bool:
    """Whether a file is shipped."""
    return path.parts[0] in {"protocol", "services"}


def in_service(path: PurePosixPath) -> bool:
    """Whether a file belongs to a service proper, not to the shell, the command or the measuring around it."""
    return path.parts[0] == "services" and not {"bench", "shell", "cli"}.intersection(path.parts)


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Every module named by an absolute import, with its line."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def dotted(node: ast.expr) -> str:
    """Name of ``a.b.c`` as written; ``?`` for any part that is not a name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(source: Source) -> Iterator[tuple[int, str]]:
    """Every call with the dotted name of what is called."""
    for node in source.nodes:
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def file_length(source: Source) -> Iterator[Finding]:
    """No file of code is longer than the limit."""
    lines = source.text.count("\n")
    if source.path.suffix == ".py" and lines > FILE_LINES_MAX:
        yield Finding(lines, f"{lines} lines, the limit is {FILE_LINES_MAX}: find the second room in this file")


def body_length(source: Source) -> Iterator[Finding]:
    """No function body is longer than the limit."""
    for node in source.nodes:
        if isinstance(node, FUNCTIONS) and body_lines(node) > BODY_LINES_MAX:
            yield Finding(node.lineno, f"{node.name}: {body_lines(node)} lines, the limit is {BODY_LINES_MAX}")


def banned_name(source: Source) -> Iterator[Finding]:
    """No file is named after nothing."""
    for name in BANNED_NAMES.intersection((*source.path.parts, source.path.stem)):
        yield Finding(1, f"named {name}: name it after a noun of the field")


def core_imports(source: Source) -> Iterator[Finding]:
    """The core knows the standard library less the world, msgspec and cryptography."""
    if not in_core(source.path):
        return
    for line, name in imported(source):
        top = name.partition(".")[0]
        if top not in CORE_LIBRARIES and top not in sys.stdlib_module_names:
            yield Finding(line, f"the core may not import {name}: only msgspec and cryptography")
        if top in CORE_BANS and not in_testing(source.path):
            yield Finding(line, f"the core may not import {name}: the world is an argument")


def core_waits(source: Source) -> Iterator[Finding]:
    """The core never waits and opens nothing."""
    if not in_core(source.path):
        return
    for node in source.nodes:
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith | ast.AsyncFunctionDef):
            yield Finding(node.lineno, "the core may not wait: it has no loop")
    for line, name in calls(source):
        if name in {"open", "input"}:
            yield Finding(line, f"the core may not call {name}()")


def clock_read(source: Source) -> Iterator[Finding]:
    """Only the shell and the commands read a clock."""
    if not in_core(source.path) and not in_service(source.path):
        return
    for line, name in calls(source):
        if name.endswith(("datetime.now", "datetime.utcnow", "datetime.today", "date.today")):
            yield Finding(line, f"{name}(): time is an argument; the clock is in the shell")


def service_world(source: Source) -> Iterator[Finding]:
    """A service gets clock, chance, files and processes from the shell."""
    if not in_service(source.path) or in_core(source.path):
        return
    for line, name in imported(source):
        if name.partition(".")[0] in WORLD:
            yield Finding(line, f"a service may not import {name}: the shell hands it in")


def foreign_word(source: Source) -> Iterator[Finding]:
    """The rules speak no word of transport, and the shell no verb of the field, in what they define."""
    parts = {*source.path.parts, source.path.stem}
    foreign = TRANSPORT_WORDS if "rules" in parts else FIELD_VERBS if "shell" in parts else frozenset()
    for node in source.nodes:
        if in_product(source.path) and isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            words = re.findall(r"[A-Z]?[a-z]+", node.name)
            for word in foreign.intersection(map(str.lower, words)):
                yield Finding(node.lineno, f"{node.name}: {word} is a word of another room (docs/rooms.md)")


def environment(source: Source) -> Iterator[Finding]:
    """Settings are read in one place."""
    if not in_product(source.path) or source.path.match("shell/config.py"):
        return
    for node in source.nodes:
        if isinstance(node, ast.expr) and dotted(node) in {"os.environ", "os.getenv", "environ", "getenv"}:
            yield Finding(node.lineno, "the environment is read in shell/config.py alone")


def loose_task(source: Source) -> Iterator[Finding]:
    """A task has an owner."""
    for line, name in calls(source):
        owner, _, method = name.rpartition(".")
        if method == "ensure_future" or (method == "create_task" and (owner in {"", "asyncio"} or "loop" in owner)):
            yield Finding(line, f"{name}(): a task belongs to an asyncio.TaskGroup")


def printing(source: Source) -> Iterator[Finding]:
    """Only a command speaks to a person."""
    if {"cli", "examples"}.intersection(source.path.parts):
        return
    for line, name in calls(source):
        if name == "print":
            yield Finding(line, "print(): log the fact, or let the command say it")


def mocking(source: Source) -> Iterator[Finding]:
    """The fake is the neighbour of the real."""
    for line, name in imported(source):
        if name.startswith("unittest"):
            yield Finding(line, f"{name}: a fake lies beside the real adapter and keeps the same contract")


def log_events(source: Source) -> Iterator[Finding]:
    """What is logged has a literal name in snake_case."""
    for node in source.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = dotted(node.func.value).rpartition(".")[2].lstrip("_")
        if owner not in {"log", "logger"} or node.func.attr not in LOG_METHODS:
            continue
        event = node.args[0] if node.args else None
        value = event.value if isinstance(event, ast.Constant) else None
        if not (isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]*", value)):
            yield Finding(node.lineno, "the event of a log line is a literal in snake_case; ids and counts are fields")


def error_text(source: Source) -> Iterator[Finding]:
    """An error is recognised by its number or its type."""
    for node in source.nodes:
        if not (in_product(source.path) and isinstance(node, ast.Compare)):
            continue
        within = [right for op, right in zip(node.ops, node.comparators, strict=True) if isinstance(op, ast.In)]
        if any(isinstance(right, ast.Call) and dotted(right.func) == "str" for right in within):
            yield Finding(node.lineno, "an error is recognised by its number, never by its text")


def annotation(source: Source) -> Iterator[Finding]:
    """Everything is annotated, tests too."""
    for node in source.nodes:
        if not isinstance(node, FUNCTIONS):
            continue
        own = [*node.args.posonlyargs, *node.args.args]
        rest = [*node.args.kwonlyargs, *filter(None, (node.args.vararg, node.args.kwarg))]
        bare = [a.arg for a in (*own, *rest) if a.annotation is None and not (own[:1] == [a] and a.arg in SELVES)]
        if bare or node.returns is None:
            yield Finding(node.lineno, f"{node.name}: not annotated ({', '.join(bare) or 'what it returns'})")


SELVES: Final = frozenset({"self", "cls", "mcs"})
SILENCE: Final = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
REASONED: Final = re.compile(r"#\s*(?:noqa: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\W+\w[^#]{7,}")


def silencing(source: Source) -> Iterator[Finding]:
    """A silenced check names the check and gives its reason on the same line."""
    if source.path.suffix != ".py" or not SILENCE.search(source.text):
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        silences = token.type == tokenize.COMMENT and SILENCE.search(token.string)
        if silences and not REASONED.search(token.string):
            yield Finding(token.start[0], "silenced without a reason: `# noqa: RULE - because ...`")


# Written so that these lines do not find themselves.
LEFTOVER: Final = re.compile(r"\b(?:TOD[O]|FIXM[E]|HACKM[E])\b")
REGISTRY: Final = re.compile(r"\b(?:pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.org|deb\.d[e]bian\.org)\b", re.IGNORECASE)
MACHINE: Final = re.compile(r"(?<![\w.}*-])/(?:wor[k]|roo[t]|far[m]|tm[p]|home/[a-z]+)/")


def leftovers(source: Source) -> Iterator[Finding]:
    """Nothing is left for later, and no machine or registry is named."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if LEFTOVER.search(line):
            yield Finding(number, "left for later: do it, or file an issue")
        if REGISTRY.search(line):
            yield Finding(number, "names a registry host")
        if MACHINE.search(line):
            yield Finding(number, "names a path of some machine")


def lock_address(source: Source) -> Iterator[Finding]:
    """No lock says where it was made."""
    if source.path.parts[0] != "requirements":
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if "://" in line or line.startswith(("--index", "--extra-index", "--find-links", "-i ", "-f ")):
            yield Finding(number, "a lock names packages and hashes, no address")


CHECKS: Final[tuple[Check, ...]] = (
    file_length,
    body_length,
    banned_name,
    core_imports,
    core_waits,
    clock_read,
    service_world,
    foreign_word,
    environment,
    loose_task,
    printing,
    mocking,
    log_events,
    error_text,
    annotation,
    silencing,
    leftovers,
    lock_address,
)

ROOT: Final = Path(__file__).resolve().parents[1]
ROOMS: Final = ("protocol", "services", "tests", "examples", "deploy", "docs", "requirements", "tools", ".ci")
NOT_OURS: Final = frozenset({"LICENSE", "uv.lock", ".git", ".coverage"})
TEXTS: Final = [".py", ".md", ".toml", ".txt", ".in", ".yaml", ".yml", ".conf", ".html", ".css", ".js"]


def house(root: Path = ROOT) -> Iterator[Source]:
    """Every text file of the house. Vectors are data and may hold anything."""
    found = [path for room in ROOMS for path in (root / room).rglob("*")] + list(root.glob("*"))
    for path in sorted(found):
        relative = PurePosixPath(path.relative_to(root))
        hidden = {"__pycache__", "vectors", "dist"}.intersection(relative.parts)
        if path.is_file() and path.suffix in (*TEXTS, "") and not hidden and path.name not in NOT_OURS:
            yield Source(relative, path.read_text(encoding="utf-8"))


def report(sources: list[Source]) -> str:
    """Medians of the house against their aims, one line for what is shipped and one for the tests."""
    lines = []
    for title, mine in (("shipped", True), ("tests", False)):
        code = [s for s in sources if s.path.suffix == ".py" and in_product(s.path) == mine and s.text.strip()]
        bodies = [body_lines(n) for s in code for n in s.nodes if isinstance(n, FUNCTIONS)]
        sizes = [s.text.count("\n") for s in code]
        p95 = quantiles(bodies, n=20)[-1] if len(bodies) > 1 else 0
        lines.append(
            f"{title}: {len(code)} files, {sum(sizes)} lines, median {median(sizes or [0]):.0f}"
            f" (aim {FILE_LINES_MEDIAN_AIM}); {len(bodies)} functions, median body {median(bodies or [0]):.0f}"
            f" (aim {BODY_LINES_MEDIAN_AIM}), p95 {p95:.0f} (aim {BODY_LINES_P95_AIM})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(report(list(house())) + "\n")
