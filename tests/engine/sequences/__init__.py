"""Random programs of autograd mechanics, statement by statement on torch and on the engine. README.md says how."""
