"""Sphinx settings: ``pip install -e '.[docs]' && sphinx-build docs docs/_build``."""

project = "Gyges"
author = "The Gyges authors"
extensions = ["myst_nb"]
nb_execution_mode = "off"  # tutorials show the outputs that are committed; tests run the short ones
html_theme = "furo"
exclude_patterns = ["_build"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
