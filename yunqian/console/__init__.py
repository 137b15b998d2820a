"""Commands that need neither server nor security client: what a court runs."""
