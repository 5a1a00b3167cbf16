"""The subcommands of `headwater`, one file each."""
