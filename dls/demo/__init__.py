"""The demo study: phantom patients, shipped models' results and simulated readers, put together.

Nothing here is used by a real study.
"""
