"""The command line, a file a command; `main` holds the table of all commands."""
