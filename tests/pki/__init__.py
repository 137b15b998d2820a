"""Certificate hierarchies for tests, built from one declaration at test time: no key is checked in."""
