"""The rules of chess variants over one integer row: moves, attacks, ends, counting."""
