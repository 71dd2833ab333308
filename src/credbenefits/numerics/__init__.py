"""Pure functions on arrays: intervals, contrasts, resampling and the response model. No data frames here."""
