"""Archives: closed parts of the log as Parquet files that prove themselves."""
