"""What every Muster service stands on: contracts, messaging, storage, service, web, observability."""
