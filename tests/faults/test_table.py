"""A hostile world: every fault of the table, its exit code, its words, and what it leaves.

``here.py`` has the rows about this machine (config, sign-ins, caches, what commands save, clock,
environment, streams; the file system is in all of them), ``there.py`` those about the network and
AWS's answers. What a row says is told in ``fault.py``, how a fault is made in ``breaking.py``.
Signals have ``test_signals.py``, and faults that nobody has thought of ``test_fuzz.py``.
"""

import pytest

from tests.conftest import World
from tests.faults import here, there
from tests.faults.fault import Fault
from tests.faults.scene import Stage

TABLE = {
    "config": here.CONFIGS,
    "sign-in": here.SIGN_INS,
    "cache": here.CACHES,
    "saving": here.SAVING,
    "clock": here.CLOCKS,
    "environment": here.ENVIRONMENTS,
    "streams": here.STREAMS,
    "network": there.NETWORKS,
    "answer": there.ANSWERS,
}

CASES = {f"{part}: {row.what}": row for part, rows in TABLE.items() for row in rows}


@pytest.mark.parametrize("fault", CASES.values(), ids=CASES)
def test_fault(town: World, stage: Stage, fault: Fault) -> None:
    fault.try_it(town, stage)


def test_every_row_has_a_name_of_its_own() -> None:
    """One of two with the same name would not be tried."""
    assert len(CASES) == sum(map(len, TABLE.values()))
