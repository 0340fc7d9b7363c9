"""The study of compacts: which mechanism carries how many antisocial principals, with whom as envoys."""
