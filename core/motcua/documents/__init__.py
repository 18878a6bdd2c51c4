"""Official documents: typst templates to PDF/A, and digital signatures on them."""
