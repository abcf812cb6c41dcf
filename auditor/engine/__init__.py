"""Checks put to a snapshot: loading them, running them in a sandbox, verdicts."""
