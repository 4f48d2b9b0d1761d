"""Stand-alone processes that sign: the log's own signer, and witnesses. They need no database."""
