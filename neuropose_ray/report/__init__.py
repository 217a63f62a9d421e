"""One video's results as an HTML report, and the settings of what it shows.

``collect`` gathers the content from predictions and analysis, ``page`` makes the page of it, and ``writing`` writes
the file and says whether it is up to date.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
