"""Migrations of marketplace."""
