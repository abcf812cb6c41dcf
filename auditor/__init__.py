"""auditor: a compliance auditor and drift scanner for live AWS accounts."""

__version__ = "0.1.0"
