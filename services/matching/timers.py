"""The kinds of matching's durable timers."""

OFFER_EXPIRY = "offer-expiry"  # subject: offer
SOURCING = "sourcing"  # subject: request
LOOK_AGAIN = "look-again"  # subject: request
APPROVAL_EXPIRY = "approval-expiry"  # subject: request
REQUEST_EXPIRY = "request-expiry"  # subject: request
MEMBER_RECHECK = "member-recheck"  # subject: member
REQUEST_RECHECK = "request-recheck"  # subject: request

# What no request waits for any more once it has come to nothing.
OF_A_REQUEST = (SOURCING, LOOK_AGAIN, APPROVAL_EXPIRY, REQUEST_EXPIRY)
