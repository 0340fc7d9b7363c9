"""Networks: torsos and heads, normalisation, weights on disk."""
