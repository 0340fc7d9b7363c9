"""Raters: what gives behaviour its marks, how far each is from gold, and exact optima."""
