"""One file for each command; `command` in it is a function, or a `Typer` with subcommands."""
