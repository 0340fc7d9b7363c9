"""Tabular Custodian: research under oversight, small enough to be solved exactly."""
