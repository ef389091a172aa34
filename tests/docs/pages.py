"""The pages that people read, taken apart: fenced blocks, code in the text, tables, links.

A block is run or parsed by its language (see ``test_blocks``), unless a comment right above it says
otherwise: ``<!-- run by tests/…::test_name -->`` or ``<!-- not run: why -->``.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATHS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "shell" / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
]
_BLOCK = re.compile(r"^(?:<!-- ([^\n]*?) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


class Block:
    """A fenced block: where it begins, its language, its text, and the comment above it."""

    def __init__(self, path: Path, line: int, language: str, text: str, mark: str) -> None:
        self.place = f"{path.relative_to(ROOT)}:{line}"
        self.language = language
        self.text = text
        self.mark = mark


def blocks() -> list[Block]:
    """Every fenced block of every page."""
    found = []
    for path in PATHS:
        page = path.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(page):
            line = page.count("\n", 0, match.start(2)) + 1
            found.append(Block(path, line, match[2], match[3], match[1] or ""))
    return found


def codes() -> list[tuple[str, str]]:
    """Every piece of code inside the text, and where it is. In tables ``\\|`` stands for ``|``."""
    found = []
    for path in PATHS:
        page = path.read_text(encoding="utf-8")
        hidden = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), page)
        for match in _CODE.finditer(hidden):
            line = hidden.count("\n", 0, match.start()) + 1
            code = " ".join(match[2].split()).replace("\\|", "|")
            found.append((f"{path.relative_to(ROOT)}:{line}", code))
    return found


def rows(page: str, heading: str) -> list[tuple[str, ...]]:
    """The rows of the tables under a heading (or a marker ``<!-- heading: … -->``) of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    start = re.search(rf"^(?:#+ |<!-- ){re.escape(heading)}(?:$|: )", text, re.MULTILINE)
    assert start, heading
    section = text[start.end() :].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if re.match(r"\| (?!-)", line)]
    cells = [
        re.split(r"(?<!\\) ?\| ?", line.removeprefix("| ").removesuffix(" |")) for line in lines
    ]
    return [tuple(cell.strip().replace("\\|", "|") for cell in row) for row in cells]
