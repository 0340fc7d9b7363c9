"""Does praise for small wrongs lead to tampering in the full game? See docs/study-tampering.md."""
