"""Recorded behaviour: datasets, recording, minibatches."""
