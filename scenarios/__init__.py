"""What is played and how it is judged: scenarios, evaluation, leaderboard."""
