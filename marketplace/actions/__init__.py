"""Writes of the gig market: one transaction each."""
