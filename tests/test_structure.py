"""The shape of the program: data flows one way, and files stay small enough to read."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ssoenv"

FLOW = """
    ssoenv commands
    errors clock paths files urls selection output terminal progress tables deadline unreadable
    shells formats detect rolecache variables dialect warm listing awsfiles written child
    aws profile explain token
    callback browser oidc signin
    responses caches credentials rolekeys batch overview accounts signout console naming generate
    api boto endpoint
    narrowing picker chooser completion_table completion
    doctor
    demo
    commands.* cli failure integration
    __main__
"""
"""Every module (or folder of them) in the order in which data comes to be: each imports only
what stands before it. What is not on the list fails. The names of the commands come first: no
command's module is needed to know them."""

KNOWS_SHELLS = {"shells", "formats", "detect", "dialect", "child"}


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


def test_every_module_imports_only_what_stands_before_it() -> None:
    order = FLOW.split()

    def place(name: str) -> int:
        folder = name.partition(".")[0]
        return order.index(f"{folder}.*" if "." in name and f"{folder}.*" in order else folder)

    for name, imports in IMPORTS.items():
        if name != "ssoenv":  # what it offers to programs, it imports when that is asked for
            assert not {one for one in imports if place(one) > place(name)}, name


def test_what_knows_aws_knows_nothing_of_shells_and_the_reverse() -> None:
    order = FLOW.split()
    knows_aws = set(order[order.index("aws") : order.index("api")])
    for name in knows_aws:
        assert reached_from(name) & KNOWS_SHELLS == set(), name
    for name in KNOWS_SHELLS | {"variables", "output"}:
        assert reached_from(name) & knows_aws == set(), name


def test_nothing_but_its_command_loads_the_miniature() -> None:
    for name in MODULES:
        if not name.startswith(("demo", "commands.demo")):
            assert not any(i.startswith("demo") for i in reached_from(name) - {"commands.demo"})


def test_no_file_is_long() -> None:
    files = [*MODULES.values(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "shell").iterdir()]
    long = {str(f): n for f in files if f.is_file() and (n := f.read_text().count("\n")) > 400}
    assert long == {}
