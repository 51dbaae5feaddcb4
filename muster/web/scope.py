"""The names under which our middleware leaves what it found in the ASGI scope of a request."""

BODY = "muster.body"  # bytes: the whole body, collected within the limit
CORRELATION_ID = "muster.correlation_id"  # str
TRACEPARENT = "muster.traceparent"  # str or None: a well-formed W3C traceparent
CLIENT_ID = "muster.client_id"  # str: who calls, once that is known
