"""The one exception that the command line turns into one clear line."""


class BenchError(Exception):
    """A mistake the user can mend.

    The message is one line that names the file or key, what was expected and
    what to do. The command line prints it without a traceback and exits with 2.
    """
