"""Where the person reads what is signed and enters the PIN."""
