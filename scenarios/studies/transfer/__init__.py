"""The study of transfer: one network that reads rules against one network a variant, on invented chess."""
