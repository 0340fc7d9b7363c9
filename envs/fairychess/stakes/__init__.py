"""Fairy chess with something at stake: civilians, treaties, tampering and orders."""
