"""Drawing: shapes, colours, windows, video."""
