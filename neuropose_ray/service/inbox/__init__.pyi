from .inbox import Inbox as Inbox
from .ingest import STAGING_PREFIX as STAGING_PREFIX
from .ingest import IngestResult as IngestResult
from .ingest import ingest as ingest
from .lock import FolderLock as FolderLock
from .lock import held_lock as held_lock
from .watching import watch_inbox as watch_inbox
