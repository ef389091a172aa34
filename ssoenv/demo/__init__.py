"""Identity Center in miniature: for newcomers (``ssoenv demo``) and for the tests.

Nothing else in the package imports this.
"""
