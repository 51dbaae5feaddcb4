"""Where the secrets of API clients come from."""

import secrets

# Lets a secret that leaked into a log or a repository be recognised for what it is.
SECRET_PREFIX = "mst_"  # noqa: S105 - a mark, not a secret


def random_secret() -> str:
    """Return a new secret with 256 random bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)
