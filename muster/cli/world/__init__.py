"""A simulated alliance: its members and users, who know Muster only by its public HTTP API."""
