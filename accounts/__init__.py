"""People, employers, memberships, offices, sign-in, consents and the inbox."""
