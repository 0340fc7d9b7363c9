"""Games that the tests of metrics use."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "house"))
