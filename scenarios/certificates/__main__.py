"""``python -m gyges.scenarios.certificates GAME``: as ``gyges certify GAME``."""

import sys

from gyges.scenarios.cli.certify import main

if __name__ == "__main__":
    sys.exit(main())
