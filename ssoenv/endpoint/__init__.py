"""``ssoenv exec --endpoint``: a place on loopback where one command asks for fresh keys.

``sidecar`` starts it all: a ``server`` in a ``clean`` process, a ``keeper`` of the keys that has
them renewed by a ``refresher`` for as long as the ``identity`` is the one that was asked for, and a
``lifeline`` that tells when the command has ended. ``awscopies`` (in a ``copyfolder``) keep other
credentials of the command's home from getting before it.
"""
