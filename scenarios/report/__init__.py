"""What is reported: metrics, baselines, gaps, leaderboard, catalogue."""
