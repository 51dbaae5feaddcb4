"""Dispatch: from a confirmed request to finished jobs."""
