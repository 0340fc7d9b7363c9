"""The picture of Custodian."""
