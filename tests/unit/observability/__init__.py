"""Tests of logs and of the metrics endpoint."""
