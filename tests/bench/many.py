"""Print what one command as many profiles costs, as a Markdown table.

    .venv/bin/python tests/bench/many.py

Each profile is a role in an account of its own, nothing is cached, and every call to Identity
Center in miniature takes 0.1 seconds, as over a network. The memory is that of ssoenv itself.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import Account, IdentityCenter

SSOENV = str(Path(sys.executable).parent / "ssoenv")
DELAY = 0.1
ROWS = ((30, 4), (300, 1), (300, 4), (300, 16))
# A process of its own weighs the run, since a peak is that of the largest child so far.
WEIGH = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (0, 1, 2)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss, status)
"""


def measured(count: int, jobs: int) -> tuple[float, int, int]:
    """Seconds, peak memory in KiB and calls of one run."""
    ids = [f"{n:012}" for n in range(1, count + 1)]
    accounts = [Account(one, f"account {one}", ["ReadOnly"]) for one in ids]
    config = "".join(
        f"[profile p{one}]\nsso_session = demo\nsso_account_id = {one}\nsso_role_name = ReadOnly\n"
        for one in ids
    )
    with tempfile.TemporaryDirectory() as folder, IdentityCenter(accounts=accounts) as idc:
        places = home.write_home(folder, idc, config)
        home.sign_in(folder, idc)
        idc.fault("GetRoleCredentials", delay=DELAY)
        command = [SSOENV, "exec", "p0*", "--jobs", str(jobs), "--", "true"]
        before = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", WEIGH, *command],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **places},
            capture_output=True,
            check=True,
            text=True,
        )
        seconds = time.perf_counter() - before
        peak, status = map(int, done.stdout.split())
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        return seconds, peak, len(idc.calls)


def main() -> None:
    print("| profiles | `--jobs` | seconds | peak memory | calls |\n|--:|--:|--:|--:|--:|")
    for count, jobs in ROWS:
        seconds, peak, calls = measured(count, jobs)
        print(f"| {count} | {jobs} | {seconds:.1f} | {peak / 1024:.0f} MiB | {calls} |", flush=True)


if __name__ == "__main__":
    main()
