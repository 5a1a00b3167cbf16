"""From events to records: pure steps, one function a file, and the Faust app that runs them."""
