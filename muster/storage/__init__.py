"""One store per service: units of work, outbox, inbox, durable timers."""
