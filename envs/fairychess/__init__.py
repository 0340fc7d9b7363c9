"""Fairy chess: a rules engine for variants written as text, and games played by it.

A variant is a section of a ``variants.ini`` file (Fairy-Stockfish's format), a piece is a Betza
string. One compiled engine plays every variant: nothing is recompiled when the rules change.

    variants/  the library, reading variants.ini, inventing, explaining
    notation/  Betza, FEN, PGN              engine/  the rules, compiled; counting
    search/    alpha-beta, piece values     stakes/  chess in which conduct matters
"""

from __future__ import annotations

from gyges.envs.fairychess.variants.ini_files import FenError, Variant, VariantError, load, names, read

__all__ = ["FenError", "Variant", "VariantError", "load", "names", "read"]
