from .manager import JobManager as JobManager
from .workflows import Workflows as Workflows
