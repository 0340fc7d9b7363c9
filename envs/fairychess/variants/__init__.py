"""Variants as data: the library, variants.ini files, inventing, explaining."""
