"""The end of a process that is not our child is noticed, with a process descriptor and without."""

import os
import subprocess

import pytest

from ssoenv.endpoint.watch import ProcessWatch
from tests.endpoint.conftest import needs_proc


@pytest.mark.parametrize("descriptor", [True, False])
def test_the_end_of_a_process_is_noticed(descriptor: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not descriptor:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    process = subprocess.Popen(["sleep", "600"])
    watch = ProcessWatch(process.pid)
    assert not watch.wait(0)
    process.kill()
    assert watch.wait(30)  # also before its parent has waited for it
    process.wait()
    assert watch.wait(0)
    assert ProcessWatch(process.pid).wait(0)


@needs_proc
def test_another_process_with_the_same_pid_is_not_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    watch = ProcessWatch(os.getpid())
    assert not watch.wait(0)
    monkeypatch.setattr("ssoenv.endpoint.watch._start_time", lambda pid: "later")
    assert watch.wait(0)
