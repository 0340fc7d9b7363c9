"""What people see: boards, replays, video, the leaderboard page."""
