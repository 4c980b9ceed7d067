"""A demo town that looks real, made up anew for any day."""
