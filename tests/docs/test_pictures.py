"""The pictures in docs/pictures are SVGs of what the program shows today."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.pictures.scenes import PICTURES, SCENES, played, title

CELL = 12.2  # rich's width of a character
NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(name: str) -> list[str]:
    """The rows of text in a picture."""
    picture = ElementTree.parse(PICTURES / f"{name}.svg").getroot()
    assert picture.tag == f"{NAMESPACE}svg"
    rows: dict[float, str] = {}
    for text in picture.iterfind(f"{NAMESPACE}g/{NAMESPACE}text[@textLength]"):
        y, column = float(text.attrib["y"]), round(float(text.attrib["x"]) / CELL)
        rows[y] = rows.get(y, "").ljust(column) + (text.text or "")
    return [row.replace("\xa0", " ").rstrip() for _, row in sorted(rows.items())]


def without_time(row: str) -> str:
    return re.sub(r"\b\d+(?=[hm]\b)", "#", row)


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_shows_what_the_program_shows(name: str, tmp_path: Path) -> None:
    """If not: python -m docs.pictures.make"""
    with played(name, tmp_path) as terminal:
        shown = [row.rstrip() for row in terminal.screen().splitlines()]
    assert [*map(without_time, drawn(name))] == [*map(without_time, shown)]


def test_every_picture_has_a_scene_and_a_place_in_the_docs_and_loads_nothing() -> None:
    assert {path.stem for path in PICTURES.glob("*.svg")} == set(SCENES)
    page = (PICTURES / "README.md").read_text()
    for name in SCENES:
        assert f"]({name}.svg)" in page
        text = (PICTURES / f"{name}.svg").read_text()
        assert title(name) in text.replace("&#160;", " ")
        assert len(text) < 60_000
        assert re.findall(r"https?://[^\"'\s&<]+", text)[0] == NAMESPACE.strip("{}")
        assert not re.search(r"@import|@font-face|url\((?!#)|href|<script|<image", text)
