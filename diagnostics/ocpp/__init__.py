"""OCPP-J without I/O: frames, the rules of one connection, schemas, and a codec per version.

Nothing here imports Django, an event loop or a clock: text and times come in as arguments, events
and text go out. The only reading from disk is of the JSON schemas shipped by the ``ocpp`` package.
"""
