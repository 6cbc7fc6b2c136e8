"""Code that the key classes of all families share; programs use the modules of the families."""
