"""A hostile world: every fault of the table, its exit code, its words, and what it leaves.

The issue's list, and where it is: config, caches, file system (``here.py``), network and server
answers (``there.py``), clock, environment, streams (``here.py``), signals (``test_signals.py``),
fuzzers (``test_fuzz_*.py``).
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
