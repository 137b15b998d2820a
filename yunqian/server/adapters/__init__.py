"""The outside: one folder per kind of service, with a port, its providers and `current()`."""
