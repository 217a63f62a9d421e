"""Folders in, folders out: jobs for labs without HTTP, and archives that become such folders."""
