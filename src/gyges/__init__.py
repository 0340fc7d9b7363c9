"""Gyges: games in which an AI does a job, and every choice carries ground truth.

The package's four parts are `gyges.envs` (the games), `gyges.agents` (who plays),
`gyges.scenarios` (what is played and how it is judged) and `gyges.render` (what people see).
"""

from pathlib import Path as _Path

__version__ = "0.2.0"

if not (_Path(__file__).parent / "envs" / "__init__.py").exists():  # a checkout without symbolic links
    __path__.append(str(_Path(__file__).parents[2]))

del _Path
