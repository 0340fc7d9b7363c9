"""A replay as a page for the browser: the data and pictures, and the script and style that show them."""
