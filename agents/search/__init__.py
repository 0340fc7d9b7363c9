"""Tree search for fairy chess, guided by a network that reads a variant's rules."""
