"""ssoenv: AWS SSO credentials for every shell and every tool."""

__version__ = "0.1.0"
