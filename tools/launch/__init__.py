"""The rooms of the launcher: words, machine, paths, steps, environment, front end, database, children, checks."""
