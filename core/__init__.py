"""The spine: everything that knows no word of the trade."""
