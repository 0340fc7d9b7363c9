"""Steward: a village, a shared fishery, and nobody looking."""
