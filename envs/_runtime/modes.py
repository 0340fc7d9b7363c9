"""What the compiled loop is asked for, and how its options are coded."""

from __future__ import annotations

STEP, BEGIN, OBSERVE, CHOOSE = range(4)
"""Purposes of the loop (`kernels.build`)."""
DISABLED, RESET_NEXT, RESET_SAME = range(3)
AUTORESET = {"disabled": DISABLED, "next_step": RESET_NEXT, "same_step": RESET_SAME}
OFF, TAKEN, FULL = range(3)
LABELS = {"off": OFF, "taken": TAKEN, "full": FULL}
