"""Evidence: that an audit's files are as they were written, by whom, since when, and after which audit."""
