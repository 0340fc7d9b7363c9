"""The study of oversight by Elo: players, critics and overseers of different strength on invented chess."""
