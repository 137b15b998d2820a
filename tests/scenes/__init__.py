"""The scenes of the manual, played in a real browser against the whole running product."""
