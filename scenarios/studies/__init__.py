"""Studies: questions put to many learners at once, with predictions written down beforehand."""
