"""``ssoenv credential-process PROFILE``: the JSON that SDKs ask of a ``credential_process``.

    [profile legacy-tool]
    credential_process = ssoenv credential-process dev

Whoever runs it is a program: nothing is asked, no browser opens, stdout holds the whole answer or
nothing, stderr one line, which SDKs show.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

import argparse
import json
import os

from ssoenv.commands import options, request
from ssoenv.environment.writer import Dialect
from ssoenv.errors import ConfigError
from ssoenv.terminal import messages

# The profiles that are being answered, from the outermost process to this one, as a JSON list.
_ASKED = "SSOENV_CREDENTIAL_PROCESS"

_EXAMPLES = """\
example, in ~/.aws/config:
  [profile dev-keys]
  credential_process = ssoenv credential-process dev
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profile(parser, "default")  # nobody is asked to pick one
    options.add_freshness(parser)
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    messages.never_ask()
    if request.role_named(arguments) is None:
        refuse_loop(request.profile_name(arguments))
    Dialect(None, "process").write_credentials(request.credentials(arguments))
    return 0


def refuse_loop(name: str) -> None:
    """Let the processes that are started for the credentials of ``name`` know that they are.

    A profile that has no credentials but this command for itself would start processes without
    end. (One with an SSO role does not: botocore takes the role before it runs a process.)
    Raises ``ConfigError``.
    """
    try:
        names = json.loads(os.environ.get(_ASKED) or "[]")
    except ValueError:
        names = []
    if not isinstance(names, list):
        names = []
    if name in names:
        way = " → ".join(map(str, [*names[names.index(name) :], name]))
        raise ConfigError(
            f'the credential_process of profile "{name}" asks ssoenv for the same profile ({way})',
            f'Give "{name}" an SSO role, or let its credential_process name a profile that has one',
        )
    os.environ[_ASKED] = json.dumps([*names, name])
