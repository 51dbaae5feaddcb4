"""The journey, step by step, through the real thing, on SQLite and on PostgreSQL."""
