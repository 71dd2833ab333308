"""The boundary: the only room that reads data frames. Rows go in, cells and masks come out."""
