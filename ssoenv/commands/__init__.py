"""The commands, one module each (``-`` in a command's name is ``_`` in its module's).

A command module has ``add_arguments(parser)`` and ``run(arguments) -> int``, the exit code.
Modules are loaded only when their command is called.
"""

COMMANDS = {
    "env": "print the variables for your shell, or for a CI system",
    "exec": "run one command with the variables, or start a shell",
    "login": "sign in, as aws sso login does and into the same files",
    "logout": "sign out, and forget the credentials of that sign-in",
    "status": "show who a profile is, and how long its sign-in is good",
    "profiles": "list the profiles, and whether each can be used right now",
    "accounts": "list the accounts and roles that your sign-in may use",
    "configure": "make profiles for the roles that your sign-in may use",
    "pick": "pick a profile from a list, and print its name",
    "init": "print the script for your shell: use, off, TAB, renewal",
    "write": "write keys into ~/.aws/credentials, where old tools look",
    "credential-process": "print the JSON that SDKs ask of a credential_process",
    "console": "print or open an address of the web console, as a role",
    "doctor": "find what is wrong with the setup, and say the fix",
    "demo": "show all of it at work, with no AWS account",
}

FUNCTIONS = ("use", "off")
"""What only the scripts of ``ssoenv init`` can do: change the variables of their own shell."""
