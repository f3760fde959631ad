"""The way in for files: an ASGI app beside Django that streams uploads into the log store."""
