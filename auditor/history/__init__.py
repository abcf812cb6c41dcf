"""Earlier audits beside each other: what became of the score, of findings and of requirements, from date to date."""
