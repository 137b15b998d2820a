"""HTTP in, HTTP out: one router per noun, no decision of its own."""
