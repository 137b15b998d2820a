"""Algorithms and certificates, nothing else: shared by the engine, the server and the security client."""
