"""The picture of Envoy: a round of houses about their compact."""
