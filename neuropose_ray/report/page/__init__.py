"""The report's page: one HTML file with the video, the skeleton, charts and tables, which needs no network.

``data`` packs positions and curves as small numbers, ``framing`` keeps the skeleton in view, ``markup`` makes tables
and texts, and ``page`` puts them together with the script and the style of ``assets``.
"""
