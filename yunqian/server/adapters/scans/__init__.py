"""Reading the scan of a seal or signature, in a process of its own."""
