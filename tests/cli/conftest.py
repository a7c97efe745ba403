"""The real image server, for the commands that talk to one."""

from tests.imaging.pacs.conftest import pacs, running_pacs, small

__all__ = ["pacs", "running_pacs", "small"]
