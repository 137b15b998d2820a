"""Commands of the records that the console calls through Django."""
