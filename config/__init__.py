"""Settings of one hotline: frozen values read once from TOML and the environment.

Nothing here opens a socket or knows what a call is; every other package may import it.
"""
