"""Tables, constraints, migrations and row policies; one file per noun."""
