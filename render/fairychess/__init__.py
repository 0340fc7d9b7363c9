"""Chess of any variant as a board."""
