"""Pages as pictures for reading, drawn in a process of its own."""
