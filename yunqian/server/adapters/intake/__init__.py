"""The door for strangers' documents: parsing happens in a process of its own."""
