"""How people write chess: Betza, FEN, PGN."""
