"""Each shell that tests start: its program, how to get it, and how it exports a variable."""

import os
import shutil
from typing import NamedTuple

import pytest


class Program(NamedTuple):
    """``put``: how the shell exports the variable {name} with the plain text {value}."""

    name: str
    install: str
    put: str = "export {name}={value}"

    def path(self) -> str:
        """Where the program is: what SSOENV_TEST_NAME says, else what is on PATH. Skips the test,
        by name, if there is none."""
        variable = "SSOENV_TEST_" + self.name.upper().replace("-", "_")
        found = os.environ.get(variable) or shutil.which(self.name)
        if not found:
            pytest.skip(f"needs {self.name}: {self.install}")
        return found

    def export(self, name: str, value: str) -> str:
        return self.put.format(name=name, value=value)


_C_SHELL = "setenv {name} {value}"

PROGRAMS = {
    program.name: program
    for program in (
        Program("bash", "apt-get install bash"),
        Program("bash32", "set SSOENV_TEST_BASH32 to a bash 3.2, macOS's"),
        Program("zsh", "apt-get install zsh"),
        Program("sh", "every Unix has one"),
        Program("dash", "apt-get install dash"),
        Program("busybox", "apt-get install busybox"),
        Program("ksh93", "apt-get install ksh93u+m"),
        Program("mksh", "apt-get install mksh"),
        Program("yash", "apt-get install yash"),
        Program("fish", "apt-get install fish", "set -gx {name} {value}"),
        Program("tcsh", "apt-get install tcsh", _C_SHELL),
        Program("bsd-csh", "apt-get install csh", _C_SHELL),
        Program("pwsh", "https://aka.ms/powershell", "$Env:{name} = '{value}'"),
        Program("nu", "npm install nushell, and set SSOENV_TEST_NU", "$env.{name} = '{value}'"),
        Program("elvish", "apt-get install elvish", "set-env {name} {value}"),
        Program("rc", "apt-get install rc", "{name}={value}"),
        Program("xonsh", "pip install xonsh, and set SSOENV_TEST_XONSH", "${name} = '{value}'"),
    )
}
