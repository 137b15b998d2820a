"""What a developer and the Makefile use: the launcher and the checks. Nothing here is shipped."""
