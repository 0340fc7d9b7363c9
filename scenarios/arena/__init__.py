"""The arena: policies rated against each other on chess variants."""
