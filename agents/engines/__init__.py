"""Chess engines as policies."""
