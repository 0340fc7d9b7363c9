"""Steward as a map."""
