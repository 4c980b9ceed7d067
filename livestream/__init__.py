"""Rooms, broadcasts, chat and pins. Stays import-free, or the media process would pull in the database."""
