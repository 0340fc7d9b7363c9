"""Reads commands and snippets out of the README, so that what it says is what is run.

python .ci/readme.py test       the shell block under the heading that names the tests
python .ci/readme.py main       the shell block under the heading that names the main job
python .ci/readme.py snippets   all Python blocks, as one program
"""

import re
import sys
from pathlib import Path

TEXT = Path(__file__).parents[1].joinpath("README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.M | re.S)


def main(what: str) -> None:
    if what == "snippets":
        print("\n\n".join(blocks("python")))
        return
    shell = blocks("sh")
    wanted = {"main": "gyges demo", "test": "pytest"}[what]
    found = [block for block in shell if wanted in block]
    if len(found) != 1:
        sys.exit(f"expected one sh block with {wanted!r} in README.md, found {len(found)}")
    print(found[0].strip())


main(sys.argv[1])
