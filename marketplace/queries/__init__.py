"""Reads of the gig market: what exists for whom."""
