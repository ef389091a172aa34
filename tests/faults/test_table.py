"""A hostile world: every fault of the table, its exit code, its words, and what it leaves.

``local.py`` has the rows about this machine (config, sign-ins, caches, what commands save, clock,
environment, streams; the file system is in all of them), ``network.py`` those about the network and
AWS's answers. What a row says is told in ``fault.py``, how a fault is made in ``ways.py``.
Signals have ``test_signals.py``, and faults that nobody has thought of ``test_fuzz.py``.
"""

import pytest

from tests.conftest import World
from tests.faults import local, network
from tests.faults.fault import Fault
from tests.stage import Stage

TABLE = {
    "config": local.CONFIGS,
    "sign-in": local.SIGN_INS,
    "cache": local.CACHES,
    "saving": local.SAVING,
    "clock": local.CLOCKS,
    "environment": local.ENVIRONMENTS,
    "streams": local.STREAMS,
    "network": network.NETWORKS,
    "answer": network.ANSWERS,
}

CASES = {f"{part}: {row.what}": row for part, rows in TABLE.items() for row in rows}


@pytest.mark.parametrize("fault", CASES.values(), ids=CASES)
def test_fault(shared_world: World, stage: Stage, fault: Fault) -> None:
    fault.try_it(shared_world, stage)


def test_every_row_has_a_name_of_its_own() -> None:
    """One of two with the same name would not be tried."""
    assert len(CASES) == sum(map(len, TABLE.values()))
