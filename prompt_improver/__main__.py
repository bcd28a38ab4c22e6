"""python -m prompt_improver"""

from prompt_improver.cli.commands import main

if __name__ == "__main__":
    main()
