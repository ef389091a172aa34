"""The shape of the program: data flows one way, and files stay small enough to read."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ssoenv"

KNOWS_SHELLS = {"shells", "formats", "detect", "child"}
KNOWS_AWS = {"aws", "profile", "token", "credentials", "explain", "oidc", "signin", "accounts"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "ssoenv"


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported_by(name: str) -> set[str]:
    """The modules of the package that ``name`` imports, at its top or inside a function; what only
    type checkers read never runs."""
    found: set[str] = set()
    tree = ast.parse(MODULES[name].read_text())
    tree.body = [node for node in tree.body if not _is_for_type_checkers(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ssoenv"):
            base = (node.module or "").removeprefix("ssoenv").lstrip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                found.add(inner if inner in MODULES else base or "ssoenv")
    return found - {name}


def _is_for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


IMPORTS = {name: imported_by(name) for name in MODULES}


def reached_from(name: str) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        for imported in IMPORTS[waiting.pop()] - reached:
            reached.add(imported)
            waiting.append(imported)
    return reached


def test_imports_never_run_in_a_circle() -> None:
    assert {name for name in MODULES if name in reached_from(name)} == set()


def test_what_knows_shells_knows_nothing_of_aws() -> None:
    for name in KNOWS_SHELLS | {"variables", "output"}:
        assert reached_from(name) & KNOWS_AWS == set()


def test_what_knows_aws_knows_nothing_of_shells() -> None:
    for name in KNOWS_AWS:
        assert reached_from(name) & KNOWS_SHELLS == set()


def test_only_commands_and_the_front_door_know_commands() -> None:
    for name, imports in IMPORTS.items():
        if not name.startswith(("commands", "demo", "__main__", "cli", "integration")):
            assert not any(imported.startswith("commands.") for imported in imports), name


def test_nothing_but_its_command_loads_the_miniature() -> None:
    for name in MODULES:
        if not name.startswith(("demo", "commands.demo")):
            assert not any(i.startswith("demo") for i in reached_from(name) - {"commands.demo"})


def test_no_file_is_long() -> None:
    files = [*MODULES.values(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "shell").iterdir()]
    long = {str(f): n for f in files if f.is_file() and (n := f.read_text().count("\n")) > 400}
    assert long == {}
