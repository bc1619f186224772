"""``python -m config``: the command ``continuo`` where its script is not on the path."""

from config.cli import main

main()
