"""The kinds of matching's durable timers."""

OFFER_EXPIRY = "offer-expiry"  # subject: offer
SOURCING = "sourcing"  # subject: request
APPROVAL_EXPIRY = "approval-expiry"  # subject: request
REQUEST_EXPIRY = "request-expiry"  # subject: request
PROVIDER_LOST = "provider-lost"  # subject: provider
