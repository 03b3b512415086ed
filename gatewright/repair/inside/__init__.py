"""What runs inside the sandbox, under the Python of the repository under work (3.10 or later).

The sandbox is shown this folder and nothing else of ours. The modules import the standard
library, pytest and each other.
"""
