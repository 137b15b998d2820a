"""Document bytes in, document bytes out. Units are PDF points on the unrotated page, origin bottom-left."""
