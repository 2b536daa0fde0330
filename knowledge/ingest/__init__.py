"""Files in, stored documents out: on all cores, each file in a process that can be lost."""
