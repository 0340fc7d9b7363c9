"""``python -m gyges.scenarios.cli``: the same as the script ``gyges``."""

from gyges.scenarios.cli.main import main

raise SystemExit(main())
