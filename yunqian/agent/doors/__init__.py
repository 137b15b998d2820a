"""How a browser reaches the security client."""
