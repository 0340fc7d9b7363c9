"""The Well, a game for Gyges; importing it registers the game."""

from gyges.envs import register

register("well-v0", "well.game:Well")
