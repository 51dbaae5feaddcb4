"""Everything that comes into the registry over HTTP."""

from fastapi import APIRouter

from services.registry.api import authorisations, capabilities, clients, organisations, tokens

router = APIRouter(
    routes=[
        *organisations.router.routes,
        *authorisations.router.routes,
        *capabilities.router.routes,
        *clients.router.routes,
        *tokens.router.routes,
    ]
)
