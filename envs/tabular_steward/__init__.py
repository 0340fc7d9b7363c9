"""Tabular Steward: Steward's dilemma small enough to be solved exactly."""
