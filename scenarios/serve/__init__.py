"""Servers that let a player or a trainer outside this process take a seat."""
