"""Files stay small enough to read. (Which room may import which: the contracts of import-linter in
pyproject.toml.)"""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_file_is_long() -> None:
    files = [
        *(ROOT / "ssoenv").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "shell").iterdir(),
    ]
    long = {str(f): n for f in files if f.is_file() and (n := f.read_text().count("\n")) > 400}
    assert long == {}
