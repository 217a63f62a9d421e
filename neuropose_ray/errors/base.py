"""Root of all errors: one line of where it happened, what is wrong and what to do."""

from __future__ import annotations


class NeuroposeRayError(Exception):
    """The root of this package's errors.

    ``code`` is stable and meant for programs; ``retryable`` says whether trying the same thing again can help.
    ``cause`` says where errors of this code mostly come from, and ``remedy`` what to do, a sentence each.
    """

    code = "error"
    retryable = False
    cause = "Nothing more special is known of it."
    remedy = "Run the command again with --verbose, and report what it prints."

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        """Join the parts into one line: ``where: what; hint``.

        What a terminal would obey instead of showing it, as names of strangers may have it, is escaped.
        """
        self.what, self.where, self.hint = what, where, hint
        line = what if where is None else f"{where}: {what}"
        super().__init__(printable(" ".join((line if hint is None else f"{line}; {hint}").split())))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes whole, with what a class of errors has besides the three parts."""
        return _rebuild, (type(self), self.what, self.where, self.hint), dict(vars(self))


def _rebuild(kind: type[NeuroposeRayError], what: str, where: str | None, hint: str | None) -> NeuroposeRayError:
    return kind(what, where=where, hint=hint)


def printable(text: str) -> str:
    """The text with an escape, as Python writes it, in the place of every letter that cannot be shown.

    Bytes of a file's name that are no UTF-8 stay as Python has them, so that a path can be printed as it is.
    """
    return text if text.isprintable() else "".join(c if _is_shown(c) else ascii(c)[1:-1] for c in text)


def _is_shown(letter: str) -> bool:
    return letter.isprintable() or "\udc80" <= letter <= "\udcff"


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its type's name where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
