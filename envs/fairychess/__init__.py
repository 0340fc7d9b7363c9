"""Fairy chess: a rules engine for variants written as text, and games played by it.

A variant is a section of a ``variants.ini`` file (Fairy-Stockfish's format), a piece is a Betza
string. One compiled engine plays every variant: nothing is recompiled when the rules change.

    variants.py  read the text            betza.py    read a piece's move
    tables.py    compile a variant        fen.py      positions in and out
    moves.py     the rules                perft.py    counting, and move names
"""

from __future__ import annotations

from gyges.envs.fairychess.variants import FenError, Variant, VariantError, load, names, read

__all__ = ["FenError", "Variant", "VariantError", "load", "names", "read"]
