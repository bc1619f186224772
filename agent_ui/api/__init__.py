"""The console's HTTP interface, one module per noun; handlers are typed and their docstrings are the documentation."""
