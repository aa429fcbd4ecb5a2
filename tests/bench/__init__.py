"""Measurements on the running product. Nothing here is a test: figures depend on the machine."""
