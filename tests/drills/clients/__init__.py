"""The official clients in Python, one file a client and wire format.

Each file's `run` takes a `Place` and asks what people ask with that client, against a provider of
each dialect.
"""
