"""Asking AWS: declarations of tables, sessions, and the pool that collects."""
