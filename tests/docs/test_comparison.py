"""What docs/comparison.md says of ssoenv is what the experiments find today."""

import os
from collections.abc import Iterator
from pathlib import Path

import behaviour
import pytest
from peers import PEERS
from place import tools

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text()
ROWS = {row: run for rows in behaviour.EXPERIMENTS.values() for row, run in rows.items()}


TABLES = {"behaviour": len(PEERS), "behaviour of Go tools": 4}


def documented(table: str = "behaviour") -> dict[str, list[str]]:
    """Row → its cells."""
    text = PAGE.partition(f"<!-- {table}: ")[2].partition("\n\n")[0]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines()[3:]]
    return {line[0]: line[1:] for line in lines if not line[0].startswith("**")}


@pytest.fixture(scope="module")
def path() -> Iterator[str]:
    before = os.environ["PATH"]
    try:
        with tools(PEERS[:1]) as found:
            os.environ["PATH"] = found
            yield found
    except SystemExit as missing:
        pytest.skip(str(missing))
    finally:
        os.environ["PATH"] = before


@pytest.mark.parametrize("table", TABLES)
def test_every_experiment_has_a_row_and_every_tool_a_cell_in_it(table: str) -> None:
    found = documented(table)
    assert list(found) == list(ROWS)
    assert {len(cells) for cells in found.values()} == {TABLES[table]}
    assert [cells[0] for cells in found.values()] == [row[0] for row in documented().values()]


@pytest.mark.parametrize("row", ROWS)
def test_what_is_said_of_ssoenv_holds(row: str, path: str) -> None:
    assert documented()[row][0] == behaviour.tried(ROWS[row], PEERS[0], path)
