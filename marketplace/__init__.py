"""Gigs, shifts, claims, the waiting list, attendance and settlement."""
