"""Transfer between chess variants: which variants are fit for it."""
