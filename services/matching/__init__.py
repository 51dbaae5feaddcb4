"""Matching: requests, offers and the capacity calendar."""
