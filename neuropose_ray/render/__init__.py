"""Pictures: the overlay video, plots on paper, and the records of curves and tables that plots and the report show.

``overlay`` writes the video's copy with skeletons, ``plots`` draws figures for papers, and ``records`` holds what is
drawn, without how.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
