"""How long an audit takes, how much memory it needs, and how many calls (`make bench`)."""
