"""The built-in functions (DMN 1.5 section 10.3.4), one module for each kind of value."""
