"""The subcommands of `yunqian` that need the server; each module has `main(argv) -> int`."""
