"""Evaluation: plans, play, results on disk, verification."""
