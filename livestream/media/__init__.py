"""The media process. Stays import-free; see `__main__.py`."""
