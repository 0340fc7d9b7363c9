"""A search for every variant: alpha-beta and what pieces are worth."""
