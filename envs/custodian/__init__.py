"""Custodian: an AI does research under oversight, and could get at the rater."""
