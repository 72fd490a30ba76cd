"""The baseline of `page`: the same code and page on Django's own database backend, with one mall fixed for the whole process."""
