"""The picture of Founder: an office on the street of its trade."""
