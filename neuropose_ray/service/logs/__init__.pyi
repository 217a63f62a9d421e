from .context import current_ids as current_ids
from .context import log_context as log_context
from .files import JsonFormatter as JsonFormatter
from .files import LogFiles as LogFiles
from .reading import LogFilter as LogFilter
from .reading import LogLine as LogLine
from .reading import LogReader as LogReader
from .reading import text_of as text_of
