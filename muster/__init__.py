"""What every service stands on: contracts, messaging, storage, service, web, observability."""
