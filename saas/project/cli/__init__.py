"""The one command's verbs, one file each. Help needs nothing but Python; a verb's module is imported when it is called."""
