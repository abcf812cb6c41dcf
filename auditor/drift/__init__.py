"""Drift: what differs between two pictures of the same accounts, and what could not be compared."""
