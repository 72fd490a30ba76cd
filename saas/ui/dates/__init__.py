"""How languages write dates where Django's own way differs from the rest of the pages."""
