"""Unit tests of the messaging room."""
