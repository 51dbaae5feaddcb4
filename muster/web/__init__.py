"""HTTP for every service: the application, who may call it, and how it answers."""

from muster.web.app import create_app
from muster.web.edge import (
    Command,
    Query,
    command_in,
    kept,
    query_in,
    setting,
    token_signer,
    token_verifier,
)
from muster.web.paging import Page, PageRequest, Paging, page_of
from muster.web.tokens import AccessToken, TokenSigner, TokenVerifier, generate_keypair

__all__ = [
    "AccessToken",
    "Command",
    "Page",
    "PageRequest",
    "Paging",
    "Query",
    "TokenSigner",
    "TokenVerifier",
    "command_in",
    "create_app",
    "generate_keypair",
    "kept",
    "page_of",
    "query_in",
    "setting",
    "token_signer",
    "token_verifier",
]
