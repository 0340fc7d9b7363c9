"""Submitted policies in processes of their own."""
