"""Writing and opening snapshots: what AWS answered, kept as typed tables."""
