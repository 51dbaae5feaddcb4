"""What `muster top` shows, whoever is away."""
