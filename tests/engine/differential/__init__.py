"""Every operation of the engine's surface compared with torch, aspect by aspect. README.md says how to add one."""
