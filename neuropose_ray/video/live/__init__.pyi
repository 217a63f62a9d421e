from .access import SourceAccess as SourceAccess
from .source import LiveSource as LiveSource
from .types import ClipInfo as ClipInfo
from .types import LiveFrame as LiveFrame
from .types import SourceStatus as SourceStatus
from .url import normalised_url as normalised_url
from .url import redacted as redacted
from .url import source_key as source_key
