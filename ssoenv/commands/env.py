"""``ssoenv [env] [PROFILE]``: print the variables for a shell, or in a data format."""

import argparse

from ssoenv.commands import options
from ssoenv.environment import formats, shells
from ssoenv.environment.writer import Dialect
from ssoenv.errors import UsageError

_EXAMPLES = """\
examples:
  eval "$(ssoenv dev)"             this shell acts as the profile dev
  eval "$(ssoenv --unset)"         and no longer
  ssoenv dev --format github       hand the keys to the next steps of a CI job
  ssoenv dev --format dotenv       lines for a .env file
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profile(parser)
    dialect = parser.add_mutually_exclusive_group()
    dialect.add_argument(
        "-s",
        "--shell",
        metavar="SHELL",
        help=f"for {', '.join(shells.SHELLS)} (default: the shell that asks)",
    )
    dialect.add_argument(
        "-f",
        "--format",
        metavar="FORMAT",
        help=f"{', '.join(formats.FORMATS)}, or a shell; also {', '.join(formats.ALIASES)}, as the "
        "AWS CLI calls them",
    )
    parser.add_argument(
        "--unset",
        action="store_true",
        help="print what removes the variables again, and gives your own region back",
    )
    parser.add_argument(
        "--force", action="store_true", help="use even a format that gives secrets away (gitlab)"
    )
    options.add_yes(parser)
    options.add_freshness(parser)
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    dialect = Dialect(arguments.shell, arguments.format)
    if arguments.unset:
        if arguments.profile or arguments.profile_option:
            raise UsageError(
                "--unset takes no profile: it removes whatever is in use", "Leave the profile out"
            )
        dialect.write_undoing(arguments.force)
    else:
        from ssoenv.commands import request  # with botocore, which nothing else here needs

        dialect.write_credentials(request.credentials(arguments, with_notice=True), arguments.force)
    return 0
