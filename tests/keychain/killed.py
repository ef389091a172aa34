"""A run of ssoenv that kills itself at its N-th change of the keychain: ``killed.py N WHEN
ARGUMENT…``, WHEN is ``before`` or ``after``. The refresh is done in this process."""

import os
import signal
import sys
from typing import Any

from ssoenv.__main__ import main
from ssoenv.cache.secret_service import DefaultCollection
from ssoenv.signin import refresh, refresh_process

refresh._outcome = lambda order, held, seconds: refresh_process.refresh(order)
at, when = int(sys.argv.pop(1)), sys.argv.pop(1)
made = 0


def guarded(change: Any) -> Any:
    def instead(*arguments: Any) -> Any:
        global made
        made += 1
        if made == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = change(*arguments)
        if made == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return instead


DefaultCollection.set_password = guarded(DefaultCollection.set_password)
DefaultCollection.delete_password = guarded(DefaultCollection.delete_password)
main()
