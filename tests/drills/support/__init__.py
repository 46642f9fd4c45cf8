"""What the drills share: a gateway to run, an upstream to script, load, and an audit of three logs.

Only Python's standard library is used, so that the drills run wherever Python 3.9 does.
"""
