"""Where Python looks for modules: in a project's folder, a ``token.py`` or an old ``botocore`` must
not take the place of the module that ssoenv needs."""

import os
import sys


def clean() -> None:
    """Take the entries of PYTHONPATH, the current folder and the program's own folder out of
    ``sys.path``, but for the entry that ssoenv was loaded from and Python's own package folders.
    The environment stays as it is, for the processes that we start."""
    foreign = {_real(f) for f in os.environ.get("PYTHONPATH", "-").split(os.pathsep)}
    foreign |= {_real(""), _real(os.path.dirname(sys.argv[0]))}
    ours = _real(os.path.join(os.path.dirname(__file__), "..", ".."))
    foreign -= {ours, *map(_real, _package_folders())}
    sys.path[:] = [f for f in sys.path if f and _real(f) not in foreign]


def _real(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except OSError:  # a relative one, and the current folder has been removed
        return folder


def _package_folders() -> list[str]:
    site = sys.modules.get("site")
    if site is None:  # python -S
        return []
    return [*site.getsitepackages(), site.getusersitepackages()]
