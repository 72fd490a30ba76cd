"""Pages that are the same for everybody, kept in front of Django and forgotten as soon as what they show has changed."""
