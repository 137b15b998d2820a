"""The platform's server: thin floors above the pure half; Django lives here and only here."""
