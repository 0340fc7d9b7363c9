"""Founder: an AI runs a start-up for years, and the books are open only in part."""
