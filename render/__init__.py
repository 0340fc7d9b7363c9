"""What people see: boards, replays, video, the leaderboard page."""

import os as _os

_os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # no greeting on standard output
del _os
