"""Pages of the gig market."""
