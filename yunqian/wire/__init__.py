"""Every shape that crosses a process border: browser, server, security client, applications.

Plain pydantic, frozen; unknown keys are refused on both sides. Lengths carry their unit in the name,
times end in `_at` and are aware (UTC). Binary values are standard base64 text.
"""
