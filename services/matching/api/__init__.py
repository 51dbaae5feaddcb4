"""Everything that comes into matching over HTTP."""

from fastapi import APIRouter

from services.matching.api import offers, requests, reviews

router = APIRouter(
    routes=[
        *requests.router.routes,
        *offers.router.routes,
        *reviews.router.routes,
    ]
)
