"""Everything that comes into matching over HTTP."""

from fastapi import APIRouter

from services.matching.api import offers, previews, requests, reviews

router = APIRouter(
    routes=[
        *requests.router.routes,
        *previews.router.routes,
        *offers.router.routes,
        *reviews.router.routes,
    ]
)
