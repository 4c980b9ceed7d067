"""Postings from a file: reading it, understanding its cells, and its rows. No database, no command line."""
