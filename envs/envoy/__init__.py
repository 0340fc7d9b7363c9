"""Envoy: every person has an AI envoy, and a compact has to be made and kept."""
