"""Who plays: policies, learners and the ways to load them."""
