"""Print what a warm answer from the keychain costs, beside one from the AWS CLI's files.

    .venv/bin/python -m tests.bench.keychain [--rounds 30]

With gnome-keyring on a D-Bus session of its own. Every case runs in every round.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ssoenv.demo.center.identity_center import IdentityCenter
from tests.conftest import SSOENV, World
from tests.keychain.conftest import save
from tests.keychain.service import Service


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, IdentityCenter() as idc:
        world = World(Path(folder), idc)
        service = Service(world.home, Path(folder, "run"))
        try:
            world.environ |= service.environ
            world.sign_in()
            save(world, 8 * 3600)
            measure(world, rounds)
        finally:
            service.stop()


def measure(world: World, rounds: int) -> None:
    time.sleep(0.1)  # let the config rest for a tick of the file system's clock
    ask = [SSOENV, "dev", "--shell", "bash"]
    files, keychain = ({**world.environ, "SSOENV_STORE": name} for name in ("files", "keyring"))
    cases = {
        "`python -c pass`": ([sys.executable, "-c", "pass"], files),
        "ssoenv, warm, from the AWS CLI's files": (ask, files),
        "ssoenv, warm, from the keychain": (ask, keychain),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, (command, environ) in cases.items():
            if command is ask:  # the one store's answer is remembered over the other's
                subprocess.run(ask, env=environ, stdout=subprocess.DEVNULL, check=True)
            before = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            if number:
                taken[name].append(time.perf_counter() - before)
    base = statistics.median(taken["`python -c pass`"])
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f} at the end.\n")
    print("| case | median | spread (quartiles) | times Python |")
    print("|---|--:|--:|--:|")
    for name, seconds in taken.items():
        low, middle, high = (one * 1000 for one in statistics.quantiles(seconds, n=4))
        times = middle / 1000 / base
        print(f"| {name} | {middle:.1f} ms | {low:.1f} - {high:.1f} | {times:.2f} |")


if __name__ == "__main__":
    main()
