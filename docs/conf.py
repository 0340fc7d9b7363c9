"""Sphinx settings: ``pip install -e '.[docs]' && sphinx-build docs docs/_build``."""

project = "Gyges"
author = copyright = "The Gyges authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
nb_execution_mode = "off"  # tutorials show the outputs that are committed; tests run the short ones
html_theme = "furo"
html_title = "Gyges"
html_static_path = ["_static"]
html_css_files = ["site.css"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "none"  # shapes and units stand in the docstrings
autodoc_member_order = "bysource"
napoleon_use_ivar = True
napoleon_attr_annotations = False
default_role = "code"  # single backticks in docstrings
