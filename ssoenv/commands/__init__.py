"""The commands, one module each (``-`` in a command's name is ``_`` in its module's).

A command module has ``add_arguments(parser)`` and ``run(arguments) -> int``, the exit code.
Modules are loaded only when their command is called.
"""

COMMANDS = {
    "env": "print the variables for the shell that asks; the command that PROFILE alone means",
    "exec": "run a command with the variables, or a shell without a command",
    "login": "sign in, as aws sso login does and into the same files",
    "logout": "sign out, and forget the credentials that came from the sign-in",
    "status": "who a profile is, and how long its sign-in and credentials are good for",
    "profiles": "every profile, what it is and whether it can be used right now",
    "accounts": "the accounts and roles that your sign-in may use",
    "configure": "make profiles for the roles that your sign-in may use",
    "pick": "choose a profile from a list on the terminal, and print its name",
    "init": "print the script that makes ssoenv at home in your shell: use, off, TAB, renewal",
    "write": "put temporary keys into ~/.aws/credentials, for tools that read nothing else",
    "credential-process": "print the JSON that SDKs ask of a credential_process in the config",
    "console": "an address that opens the web console as a role",
    "doctor": "find what is wrong with config, caches, environment and network, and say the fix",
    "demo": "see the whole tool at work against a miniature Identity Center, with no AWS account",
}
